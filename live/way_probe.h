// The way from one worker to another, measured by the worker at its beginning with the
// frames and connections that requests use.
//
//   echo   a probe of each size there, a small one back: round trips
//   gap    a train of small probes, of which the last is answered: what each of them adds
//
// Before each there is the pause that the question asks for, after caches were emptied.
//
// Ignores: other traffic, and TCP's slow start after a longer pause.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/units.h"
#include "live/connection.h"
#include "live/wire.pb.h"

namespace twinfer {

inline constexpr std::uint64_t kSmallProbe = 64;  // payload bytes, of answers and of trains
inline constexpr std::uint64_t kLargestProbe = 64ULL << 20;

// Answers probes until the peer leaves. Throws ConnectionError.
Task<void> answer_probes(std::shared_ptr<Connection> connection);

// The question comes over the network: throws InputError unless its sizes ascend from
// kSmallProbe to kLargestProbe at most, and they, the repeats, the budget and the pause are bounded.
void check_measure_way(const wire::MeasureWay& question);

// Dials the worker and measures. A size is left out that by what the smaller ones took
// would take more than its share of the budget. Throws ConnectionError, InputError on an
// endpoint that is none. REQUIRES: check_measure_way.
Task<wire::WayMeasured> measure_way(wire::MeasureWay question);

// Dials the worker and sends it large probes one after the other until `enough`, at least one: what reached it a
// second. Throws ConnectionError, InputError as measure_way does.
Task<BytesPerSecond> fill_way(std::string endpoint, std::function<bool()> enough);

}  // namespace twinfer

// Partition policies by the names that scenarios use.

#include <charconv>
#include <map>

#include "core/error.h"
#include "core/joined.h"
#include "policies/policies.h"

namespace twinfer {
namespace {

using Maker = std::unique_ptr<PartitionPolicy> (*)();

// In the order in which messages list them.
constexpr std::pair<const char*, Maker> kPlainPolicies[] = {
    {"local", make_local},
    {"remote", make_remote},
    {"neurosurgeon", make_neurosurgeon},
    {"lbc", make_lbc},
    {"nsc", make_nsc},
    {"cascade", make_cascade},
    {"dads", make_dads},
    {"das", make_das},
    {"papdl", make_papdl},
    {"exact-latency", make_exact_latency},
    {"exact-throughput", make_exact_throughput},
    {"joint", make_joint},
    {"energy", make_energy},
    {"exhaustive", make_exhaustive},
};

std::unique_ptr<PartitionPolicy> parse_split(const std::string& name, const std::string& number) {
  LayerId after = 0;
  const char* const end = number.data() + number.size();
  const auto [stopped, error] = std::from_chars(number.data(), end, after);
  if (error != std::errc{} || stopped != end)
    throw InputError("", "policy", name, "must be split:K with K a layer number, 0 for all remote");
  return make_split(after);
}

}  // namespace

std::unique_ptr<PartitionPolicy> make_partition_policy(const std::string& name) {
  const std::string split = "split:";
  if (name.starts_with(split)) return parse_split(name, name.substr(split.size()));
  for (const auto& [plain, make] : kPlainPolicies)
    if (name == plain) return make();
  throw InputError(
      "", "policy", name.empty() ? "(empty)" : name,
      "unknown; known: split:K, " + joined(kPlainPolicies, ", ", [](const auto& plain) { return plain.first; }));
}

}  // namespace twinfer

#include "core/sweep.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <ranges>
#include <set>

#include "core/data_files.h"
#include "core/error.h"
#include "core/joined.h"
#include "core/random.h"
#include "core/table_file.h"
#include "core/yaml_fields.h"

namespace twinfer {
namespace {

constexpr const char* kPolicyAxis = "policy";
constexpr std::uint64_t kMostRuns = 1'000'000;
constexpr std::uint64_t kMostAxisValues = 100'000;
constexpr std::uint64_t kMostReplications = 100'000;

std::string whole_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// `digits` significant ones: what a person would write.
std::string rounded(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return format_number(std::stod(text));
}

std::pair<double, double> ends(YamlFields& fields, const std::string& name) {
  const std::vector<std::string> pair = fields.texts(name);
  if (pair.size() != 2) throw fields.error(name, "must be two numbers: [FROM, TO]");
  const std::string path = fields.path(name);
  return {parse_number(pair[0], fields.file(), path), parse_number(pair[1], fields.file(), path)};
}

// range: [FROM, TO], step: S
std::vector<std::string> linear_values(YamlFields& fields) {
  const auto [from, to] = ends(fields, "range");
  const double step = fields.positive("step");
  if (from > to) throw fields.error("range", "must go upwards: FROM is above TO");
  const double steps = std::floor((to - from) / step + 1e-9);
  if (steps >= static_cast<double>(kMostAxisValues)) throw fields.error("step", "makes too many values");
  std::vector<std::string> values;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(steps); ++i)
    values.push_back(rounded(from + static_cast<double>(i) * step, 12));
  return values;
}

// log: [FROM, TO], count: N
std::vector<std::string> logarithmic_values(YamlFields& fields) {
  const auto [from, to] = ends(fields, "log");
  if (!(from > 0) || !(to > from)) throw fields.error("log", "must go upwards from above 0");
  const std::uint64_t count = fields.count("count", 2, kMostAxisValues);
  std::vector<std::string> values;
  for (std::uint64_t i = 0; i < count; ++i)
    values.push_back(rounded(from * std::pow(to / from, static_cast<double>(i) / static_cast<double>(count - 1)), 4));
  return values;
}

std::vector<std::string> axis_values(YamlFields& axes, const std::string& name) {
  if (!axes.is_map(name)) return axes.yaml_texts(name);
  YamlFields fields = axes.map(name);
  if (fields.has("range") == fields.has("log"))
    throw axes.error(name, "must be a list of values, {range: [FROM, TO], step: S} or {log: [FROM, TO], count: N}");
  const std::vector<std::string> values = fields.has("range") ? linear_values(fields) : logarithmic_values(fields);
  fields.reject_unknown();
  return values;
}

std::vector<SweepAxis> read_axes(YamlFields& root) {
  YamlFields fields = root.map("axes");
  std::vector<SweepAxis> axes;
  for (const std::string& name : fields.names()) axes.push_back({name, axis_values(fields, name)});
  if (axes.empty()) throw root.error("axes", "must have at least one axis");
  return axes;
}

std::size_t axis_named(const std::string& name, const std::vector<SweepAxis>& axes, const InputError& unknown) {
  const auto found = std::ranges::find(axes, name, &SweepAxis::field);
  if (found == axes.end()) throw unknown;
  return static_cast<std::size_t>(found - axes.begin());
}

std::vector<std::vector<std::size_t>> read_zip(YamlFields& root, const std::vector<SweepAxis>& axes) {
  std::vector<std::vector<std::size_t>> groups;
  if (!root.has("zip")) return groups;
  std::vector<std::size_t> used;
  for (const std::vector<std::string>& names : root.text_lists("zip")) {
    std::vector<std::size_t>& group = groups.emplace_back();
    for (const std::string& name : names) {
      const InputError unknown(root.file(), root.path("zip"), name, "is no axis of this sweep");
      group.push_back(axis_named(name, axes, unknown));
      if (std::ranges::find(used, group.back()) != used.end())
        throw InputError(root.file(), root.path("zip"), name, "is listed twice");
      used.push_back(group.back());
      if (axes[group.back()].values.size() != axes[group.front()].values.size())
        throw InputError(root.file(), root.path("zip"), name,
                         "has " + std::to_string(axes[group.back()].values.size()) + " values, " + names.front() +
                             " has " + std::to_string(axes[group.front()].values.size()));
    }
  }
  return groups;
}

// The axes by what advances together.
std::vector<std::vector<std::size_t>> groups_of(const Sweep& sweep) {
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t axis = 0; axis < sweep.axes.size(); ++axis) {
    const auto holds = [axis](const std::vector<std::size_t>& group) {
      return std::ranges::find(group, axis) != group.end();
    };
    if (std::ranges::any_of(groups, holds)) continue;
    const auto zipped = std::ranges::find_if(sweep.zipped, holds);
    groups.push_back(zipped != sweep.zipped.end() ? *zipped : std::vector<std::size_t>{axis});
  }
  return groups;
}

// One value a point: those of axes that advance together are one.
void check_distinct(const YamlFields& root, const Sweep& sweep) {
  for (const std::vector<std::size_t>& group : groups_of(sweep)) {
    std::set<std::vector<std::string>> seen;
    for (std::size_t i = 0; i < sweep.axes[group.front()].values.size(); ++i) {
      std::vector<std::string> together;
      for (const std::size_t axis : group) together.push_back(sweep.axes[axis].values[i]);
      if (!seen.insert(together).second)
        throw InputError(root.file(), root.path("axes." + sweep.axes[group.front()].field), joined(together),
                         "is listed twice");
    }
  }
}

std::vector<SweepFilter> read_skip(YamlFields& root, const std::vector<SweepAxis>& axes) {
  std::vector<SweepFilter> filters;
  if (!root.has("skip")) return filters;
  for (YamlFields& fields : root.maps("skip")) {
    SweepFilter& filter = filters.emplace_back();
    for (const std::string& name : fields.names()) {
      const std::size_t axis = axis_named(name, axes, fields.error(name, "is no axis of this sweep"));
      const std::vector<std::string> values = fields.yaml_texts(name);
      for (const std::string& value : values)
        if (std::ranges::find(axes[axis].values, value) == axes[axis].values.end())
          throw InputError(root.file(), fields.path(name), value, "is no value of this axis");
      filter.axes.emplace_back(axis, values);
    }
    if (filter.axes.empty()) throw root.error("skip", "an entry must name at least one axis");
  }
  return filters;
}

bool skipped(const Sweep& sweep, const std::vector<std::string>& point) {
  return std::ranges::any_of(sweep.skip, [&point](const SweepFilter& filter) {
    return std::ranges::all_of(filter.axes, [&point](const auto& entry) {
      return std::ranges::find(entry.second, point[entry.first]) != entry.second.end();
    });
  });
}

void check_size(const Sweep& sweep, const std::vector<std::vector<std::size_t>>& groups) {
  double runs = static_cast<double>(sweep.replications);
  for (const std::vector<std::size_t>& group : groups)
    runs *= static_cast<double>(sweep.axes[group.front()].values.size());
  if (runs > static_cast<double>(kMostRuns))
    throw InputError(sweep.file, "axes", rounded(runs, 12) + " runs", "at most " + std::to_string(kMostRuns));
}

}  // namespace

bool is_sweep(const std::filesystem::path& file) { return YamlFields(read_yaml_map(file), file, "").has("axes"); }

Sweep load_sweep(const std::filesystem::path& file) {
  YamlFields fields(read_yaml_map(file), file, "");
  Sweep sweep;
  sweep.file = file;
  sweep.text = whole_text(file);
  sweep.name = fields.text_or("name", file.stem().string());
  sweep.scenario = find_data_path(fields.text("scenario"), file, fields.path("scenario"));
  sweep.mode = fields.one_of("mode", {"sim", "live"}, "sim") == "live" ? Mode::kLive : Mode::kSim;
  sweep.axes = read_axes(fields);
  sweep.zipped = read_zip(fields, sweep.axes);
  check_distinct(fields, sweep);
  sweep.skip = read_skip(fields, sweep.axes);
  if (fields.has("replications")) sweep.replications = fields.count("replications", 1, kMostReplications);
  if (fields.has("keep_rows")) sweep.keep_rows = fields.flag("keep_rows");
  if (fields.has("run_timeout_s")) sweep.run_timeout = Seconds(fields.positive("run_timeout_s"));
  fields.reject_unknown();
  return sweep;
}

void add_policy_axis(Sweep& sweep, const std::vector<std::string>& policies) {
  const auto decides = [](const SweepAxis& axis) { return axis.field == kPolicyAxis; };
  if (std::ranges::none_of(sweep.axes, decides)) sweep.axes.push_back({kPolicyAxis, policies});
}

std::vector<SweepRun> runs_of(const Sweep& sweep) {
  const std::vector<std::vector<std::size_t>> groups = groups_of(sweep);
  check_size(sweep, groups);
  std::vector<std::vector<std::string>> points{std::vector<std::string>(sweep.axes.size())};
  for (const std::vector<std::size_t>& group : groups) {
    std::vector<std::vector<std::string>> extended;
    for (const std::vector<std::string>& point : points)
      for (std::size_t i = 0; i < sweep.axes[group.front()].values.size(); ++i) {
        extended.push_back(point);
        for (const std::size_t axis : group) extended.back()[axis] = sweep.axes[axis].values[i];
      }
    points = std::move(extended);
  }
  std::vector<SweepRun> runs;
  for (const std::vector<std::string>& point : points) {
    if (skipped(sweep, point)) continue;
    for (std::uint64_t replication = 0; replication < sweep.replications; ++replication)
      runs.push_back({point, replication});
  }
  if (runs.empty()) throw InputError(sweep.file, "skip", "", "leaves no run");
  return runs;
}

std::vector<FieldChange> changes_of(const Sweep& sweep, const SweepRun& run) {
  std::vector<FieldChange> changes;
  for (std::size_t axis = 0; axis < sweep.axes.size(); ++axis) {
    if (sweep.axes[axis].field == kPolicyAxis)
      changes.push_back({"policies", "['" + run.point[axis] + "']"});
    else
      changes.push_back({sweep.axes[axis].field, run.point[axis]});
  }
  return changes;
}

std::uint64_t replication_seed(std::uint64_t seed, std::uint64_t replication) {
  return replication == 0 ? seed : random_bits(seed, RandomStream::kReplication, replication) >> 11;
}

std::string describe(const Sweep& sweep, const SweepRun& run) {
  std::string text = joined(std::views::iota(std::size_t{0}, sweep.axes.size()), ", ",
                            [&](std::size_t axis) { return sweep.axes[axis].field + "=" + run.point[axis]; });
  if (sweep.replications > 1) text += ", replication " + std::to_string(run.replication);
  return text;
}

}  // namespace twinfer

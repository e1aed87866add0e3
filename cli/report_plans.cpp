#include "cli/report_plans.h"

#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "cli/plan_picture.h"
#include "cli/planned_scenario.h"
#include "cli/temporary_file.h"
#include "core/error.h"
#include "core/whole_file.h"

namespace twinfer {
namespace {

std::string content(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

// `text` without the names of files that are gone when a person reads it.
std::string without(std::string text, const std::string& name) {
  for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name))
    text.replace(at, name.size(), "the stored scenario");
  return text;
}

PagePlan drawn(const PlanToDraw& to_draw) {
  PagePlan plan = to_draw.plan;
  const TemporaryFile scenario(".yaml");
  const TemporaryFile picture(".svg");
  try {
    write_whole_file(scenario.path(), to_draw.scenario_text);
    const PlannedScenario planned(scenario.path(), {plan.policy});
    const std::string now = describe(planned.plans.front(), planned.scenario.graph, planned.scenario.platform);
    if (now != plan.plan) {
      plan.why_none = fmt::format("this program plans it otherwise now: {}", now);
      return plan;
    }
    save_picture(planned, planned.plans.front(), picture.path());
    plan.picture = content(picture.path());
  } catch (const InputError& error) {
    plan.why_none = without(without(error.what(), scenario.path()), picture.path());
  }
  return plan;
}

}  // namespace

std::vector<PagePlan> drawn_plans(const std::vector<PlanToDraw>& plans) {
  std::vector<PagePlan> pictures;
  for (const PlanToDraw& plan : plans) {
    if (pictures.size() < kDrawnPlans) {
      pictures.push_back(drawn(plan));
    } else {
      pictures.push_back(plan.plan);
      pictures.back().why_none = fmt::format("only the first {} plans are drawn", kDrawnPlans);
    }
  }
  return pictures;
}

}  // namespace twinfer

// A report as one page that needs nothing beside it: no network, no other file.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "report/page_scope.h"

namespace twinfer {

// A plan of the store, drawn if it could be.
struct PagePlan {
  std::string scenario;
  std::string policy;
  std::string plan;     // as in the store
  std::string picture;  // SVG; empty where `why_none` says why
  std::string why_none;
};

// Plans that differ, in the order of their first runs: without pictures, to be drawn by the caller.
struct PlanToDraw {
  PagePlan plan;
  std::string scenario_text;  // of the first run that has it
};
std::vector<PlanToDraw> plans_of(const PageRuns& runs);

// All that the page shows, values in SI units.
nlohmann::ordered_json page_data(const PageRuns& runs, const std::vector<PagePlan>& plans);

// HTML. Whatever the texts in `data` are, a browser takes them as text.
std::string page_html(const nlohmann::ordered_json& data);

}  // namespace twinfer

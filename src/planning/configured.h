// Everything that planning goes by: workflows, templates, categories, and how long a notification stays worth
// sending.
#pragma once

#include <chrono>

#include "base/result.h"
#include "config/config.h"
#include "config/problem.h"
#include "planning/category.h"
#include "planning/template_set.h"
#include "planning/workflow.h"

namespace vestnik::planning {

struct Expiry {
  std::chrono::milliseconds email = std::chrono::hours(24);
  std::chrono::milliseconds sms = std::chrono::hours(6);
};

// Read-only after it is made; shared by whoever plans.
struct Configured {
  Workflows workflows;
  TemplateSet templates;
  Expiry expiry;
  Categories categories;
};

// How the step's category is delivered; one that VESTNIK_CATEGORIES doesn't list is only a name.
Category category_of(const WorkflowStep& step, const Configured& configured);
// How long the step's notification is worth sending from when it is due: as the step says, else its category,
// else its channel.
std::chrono::milliseconds expires_after(const WorkflowStep& step, const Configured& configured);

// What Config::workflows_dir and templates_dir hold, or the welcome set. Every problem of every file,
// workflows that name unknown templates and templates that lack a part their channel needs among them.
Result<Configured, config::Problems> load_configured(const config::Config& config);

// The same from files at hand.
Result<Configured, config::Problems> configure(const SourceFiles& workflows, const SourceFiles& templates,
                                               Expiry expiry, Categories categories = {});

// Doubts that don't keep it from working: a name in a template that is nearly one of those that are always
// there.
config::Problems doubts(const Configured& configured);

}  // namespace vestnik::planning

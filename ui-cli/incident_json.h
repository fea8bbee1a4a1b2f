// Incidents as JSON (README.md, "JSON").
#pragma once

#include "ui-cli/incident_view.h"
#include "ui-cli/json_text.h"
#include "ui-cli/revealed_values.h"

namespace leaktap {

// `revealed` adds `value` to credentials; null if nobody asked for that.
Json incident_json(const IncidentView& view, const RevealedValues* revealed);

}  // namespace leaktap

// Everything about one incident, for a person.
#pragma once

#include <string>

#include "ui-cli/incident_view.h"
#include "ui-cli/terminal.h"

namespace leaktap {

// The claim in one sentence: "GET api.example.com/v1/items/{id} carries a JWT in its URL
// (query:access_token)."
std::string claim_of(const Incident& incident);

std::string incident_text(const IncidentView& view, const Terminal& terminal);

}  // namespace leaktap

// Incidents as a table, an incident a row.
#pragma once

#include <string>
#include <vector>

#include "ui-cli/incident_view.h"
#include "ui-cli/revealed_values.h"
#include "ui-cli/terminal.h"

namespace leaktap {

// One line each with aligned columns. On a terminal that is too narrow for that, two lines each. A
// pipe always gets the columns. Empty for no incidents.
std::string incident_table(const std::vector<IncidentView>& views, const Terminal& terminal,
                           const RevealedValues* revealed);

// "GET api.example.com/v1/items/{id}"
std::string where_of(const Incident& incident);
// Its first credential, "jwt eyJ…(412)", and how many more there are.
std::string credential_cell(const Incident& incident, const RevealedValues* revealed);

}  // namespace leaktap

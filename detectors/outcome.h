// Accepted or refused: what the wire did with a request (design.md §2).
#pragma once

#include "detectors/finding.h"
#include "reassembly/http/exchange.h"

namespace leaktap {

// Accepted: 2xx, or a 3xx that does not lead to a login or error page, and no cache answer.
// Refused: 401, 403, 404, a redirect to a login page. Unknown: anything else, and exchanges without
// a response. Judges status and head alone; a soft error in the body is for those who read it.
Outcome outcome_of(const HttpExchange& exchange);

}  // namespace leaktap

// HTTP/1.x over one connection: a StreamSink that finds messages, pairs them and streams them on.
#pragma once

#include <memory>

#include "reassembly/http/exchange.h"
#include "reassembly/http/http_limits.h"
#include "reassembly/reassembly_stats.h"
#include "reassembly/tcp/stream.h"

namespace leaktap {

// All arguments must outlive the factory, and the factory its sinks. Sinks share a pool of
// exchanges; an idle connection holds none.
std::unique_ptr<StreamSinkFactory> make_http_factory(const HttpLimits& limits, ExchangeSink& sink,
                                                     ReassemblyStats& stats);

}  // namespace leaktap

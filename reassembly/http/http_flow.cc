#include "reassembly/http/http_flow.h"

#include "reassembly/http/http1_flow.h"

namespace leaktap {
namespace {

class HttpFactory final : public StreamSinkFactory {
 public:
  HttpFactory(const HttpLimits& limits, ExchangeSink& sink, ReassemblyStats& stats)
      : context_(limits, sink, stats) {}

  std::unique_ptr<StreamSink> open(const FlowInfo& flow) override {
    return std::make_unique<Http1Flow>(context_, flow);
  }

 private:
  Http1Context context_;
};

}  // namespace

std::unique_ptr<StreamSinkFactory> make_http_factory(const HttpLimits& limits, ExchangeSink& sink,
                                                     ReassemblyStats& stats) {
  return std::make_unique<HttpFactory>(limits, sink, stats);
}

}  // namespace leaktap

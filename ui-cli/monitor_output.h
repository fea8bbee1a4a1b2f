// What a monitor says as it runs: a line for each incident.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "ui-cli/incident_view.h"
#include "ui-cli/options.h"
#include "ui-cli/result_writer.h"
#include "ui-cli/terminal.h"

namespace leaktap {

class MonitorOutput {
 public:
  // `known` are the ids of incidents that the database holds from earlier runs. `writer` must
  // outlive this.
  MonitorOutput(std::set<std::string> known, ResultFormat format, const Terminal& terminal,
                ResultWriter& writer)
      : known_(std::move(known)), format_(format), terminal_(terminal), writer_(writer) {}

  // `incidents` hold what was found since the last call. As JSON each is a line, with the event
  // `new` or `updated`; for people only the first of a run is, unless it is info or a refused try.
  void show(const std::vector<Incident>& incidents, const std::vector<CaptureInfo>& captures);

  [[nodiscard]] std::uint64_t shown() const { return shown_; }  // incidents, of this run
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

 private:
  void show(const IncidentView& view);
  [[nodiscard]] std::string line_of(const Incident& incident, bool known) const;

  std::set<std::string> known_;
  std::set<std::string> seen_;  // in this run
  const ResultFormat format_;
  const Terminal terminal_;
  ResultWriter& writer_;
  std::uint64_t shown_ = 0, left_out_ = 0;
};

}  // namespace leaktap

#include "ui-cli/incident_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "ui-cli/wording.h"

namespace leaktap {
namespace {

enum Column : std::size_t {
  kSeverity,
  kConfidence,
  kDetector,
  kWhere,
  kLocation,
  kCredential,
  kCount,
  kId,
  kColumns
};
using Row = std::array<std::string, kColumns>;

constexpr std::array<std::string_view, kColumns> kHeadings = {
    "SEVERITY", "CONFIDENCE", "DETECTOR", "WHERE", "LOCATION", "CREDENTIAL", "COUNT", "ID"};
constexpr std::string_view kGap = "  ";
// A stranger's route can be as long as a request. What is cut here is whole in `incidents show`.
constexpr std::size_t kWidestCell = 120;

std::string count_cell(const Incident& incident) {
  if (incident.is_control()) return fmt::format("0 (+{} refused)", grouped(incident.attempts));
  return grouped(incident.count);
}

Row row_of(const Incident& incident, const Terminal& terminal, const RevealedValues* revealed) {
  Row row = {std::string(name_of(incident.severity)),
             std::string(name_of(incident.confidence)),
             std::string(info_of(incident.key.detector).name),
             where_of(incident),
             incident.key.location,
             credential_cell(incident, revealed),
             count_cell(incident),
             incident.id};
  for (std::size_t column = 0; column < kColumns; ++column) {
    row[column] = printable(row[column], terminal.charset);
    // A value that was asked for is shown to its end.
    if (column == kCredential && revealed != nullptr) continue;
    row[column] = shortened(row[column], kWidestCell, terminal.charset);
  }
  return row;
}

std::string padded(std::string_view text, std::size_t columns) {
  std::string out(text);
  out.append(columns - std::min(columns, columns_of(text)), ' ');
  return out;
}

using Widths = std::array<std::size_t, kColumns>;

Widths widths_of(const std::vector<Row>& rows) {
  Widths widths{};
  for (std::size_t column = 0; column < kColumns; ++column) {
    widths[column] = kHeadings[column].size();
    for (const Row& row : rows) widths[column] = std::max(widths[column], columns_of(row[column]));
  }
  return widths;
}

std::size_t total_of(const Widths& widths) {
  std::size_t total = kGap.size() * (kColumns - 1);
  for (const std::size_t width : widths) total += width;
  return total;
}

std::string one_line(const Row& row, const Widths& widths, Ink ink, const Terminal& terminal) {
  std::string line;
  for (std::size_t column = 0; column < kColumns; ++column) {
    if (column != 0) line += kGap;
    const bool last = column + 1 == kColumns;
    const std::string cell = last ? row[column] : padded(row[column], widths[column]);
    line += column == kSeverity ? inked(cell, ink, terminal) : cell;
  }
  return line + "\n";
}

std::string in_columns(const std::vector<IncidentView>& views, const std::vector<Row>& rows,
                       const Terminal& terminal) {
  const Widths widths = widths_of(rows);
  Row headings;
  std::copy(kHeadings.begin(), kHeadings.end(), headings.begin());
  Terminal plain = terminal;
  plain.color = false;
  std::string heading = one_line(headings, widths, Ink::Plain, plain);
  heading.pop_back();
  std::string text = inked(heading, Ink::Bold, terminal) + "\n";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    text += one_line(rows[i], widths, ink_of(views[i].incident->severity), terminal);
  }
  return text;
}

// high      proof       credential-in-url  3 times                  1f2e3d4c5b6a7988
//   GET api.example.com/v1/items/{id}  query:access_token  eyJ…(412)
std::string in_blocks(const std::vector<IncidentView>& views, const std::vector<Row>& rows,
                      const Terminal& terminal) {
  const Widths widths = widths_of(rows);
  std::string text;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    const Incident& incident = *views[i].incident;
    text += inked(padded(row[kSeverity], widths[kSeverity]), ink_of(incident.severity), terminal);
    text +=
        fmt::format("{}{}{}{}{}{}{}{}\n", kGap, padded(row[kConfidence], widths[kConfidence]), kGap,
                    inked(padded(row[kDetector], widths[kDetector]), Ink::Bold, terminal), kGap,
                    padded(row[kCount], widths[kCount]), kGap, inked(row[kId], Ink::Dim, terminal));
    const std::string what = row[kLocation] + std::string(kGap) + row[kCredential];
    const std::size_t together = 2 * kGap.size() + columns_of(row[kWhere]) + columns_of(what);
    text += fmt::format("{}{}{}{}\n", kGap, row[kWhere],
                        together <= terminal.width ? std::string(kGap) : "\n" + std::string(kGap),
                        what);
  }
  return text;
}

}  // namespace

std::string where_of(const Incident& incident) {
  return fmt::format("{} {}{}{}", incident.key.method, incident.host,
                     incident.key.route.starts_with('/') ? "" : " ", incident.key.route);
}

std::string credential_cell(const Incident& incident, const RevealedValues* revealed) {
  if (incident.credentials.empty()) return "-";
  const CredentialSummary& first = incident.credentials.front().credential;
  // Some previews say no more than a length; those of passwords name the kind themselves.
  std::string cell = first.preview.starts_with("‹")
                         ? first.preview
                         : fmt::format("{} {}", name_of(first.kind), first.preview);
  if (revealed != nullptr) {
    const std::string_view value = revealed->value_of(first.fingerprint);
    if (!value.empty()) cell = value;
  }
  if (incident.credentials_total > 1) {
    cell += fmt::format(" +{}", grouped(incident.credentials_total - 1));
  }
  return cell;
}

std::string incident_table(const std::vector<IncidentView>& views, const Terminal& terminal,
                           const RevealedValues* revealed) {
  if (views.empty()) return {};
  std::vector<Row> rows;
  rows.reserve(views.size());
  for (const IncidentView& view : views) {
    rows.push_back(row_of(*view.incident, terminal, revealed));
  }
  const bool fits = terminal.width == 0 || total_of(widths_of(rows)) <= terminal.width;
  return fits ? in_columns(views, rows, terminal) : in_blocks(views, rows, terminal);
}

}  // namespace leaktap

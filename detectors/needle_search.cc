#include "detectors/needle_search.h"

#include <algorithm>
#include <cstring>

#include "detectors/credential_table.h"
#include "detectors/text_codec.h"

namespace leaktap {

namespace {

constexpr std::size_t kLongStep = 8;
constexpr std::size_t kShortStep = 4;
constexpr std::size_t kPiece = 4;
constexpr std::size_t kComparedPerByte = 16;
constexpr std::size_t kComparedAtLeast = 1 << 20;
// Shortest form of which every occurrence holds a piece at a multiple of kLongStep.
constexpr std::size_t kLongStepNeedle = kLongStep + kPiece - 1;

std::uint32_t folded_piece(const char* at) {
  std::uint32_t piece;
  std::memcpy(&piece, at, sizeof piece);
  return piece | 0x20202020U;  // letters to lower case; other bytes change too, alike on both sides
}

std::size_t bucket_of(std::uint32_t piece) { return (piece * 0x9E3779B1U) >> 21; }

void add_form(std::vector<EncodedForm>& forms, std::string text, std::string_view encoding,
              bool any_case) {
  if (text.size() < kShortestNeedle) return;
  for (const EncodedForm& form : forms) {
    if (form.text == text) return;
  }
  forms.push_back({std::move(text), encoding, any_case});
}

// The part of base64(prefix + value + suffix) that does not depend on prefix and suffix, for a
// prefix of `shift` bytes: two or three alignments cover every position of the value in a larger
// encoded text.
std::string base64_core(std::string_view value, std::size_t shift) {
  std::string padded(shift, '\0');
  padded.append(value);
  std::string coded = base64_encode(padded);
  const std::size_t whole = padded.size() * 8 / 6;  // digits made of the value's bits alone
  coded.resize(whole);
  return coded.substr((shift * 8 + 5) / 6);
}

std::string url_alphabet(std::string text) {
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

bool same(std::string_view text, const EncodedForm& form) {
  return form.any_case ? equals_ignoring_case(text, form.text) : text == form.text;
}

}  // namespace

std::vector<EncodedForm> encoded_forms(std::string_view value) {
  std::vector<EncodedForm> forms;
  if (value.size() < kShortestNeedle) return forms;
  add_form(forms, std::string(value), "raw", false);
  add_form(forms, percent_encode(value), "percent", true);
  std::string json = json_escape(value);
  add_form(forms, json, "json", false);
  if (json.find('/') != std::string::npos) {  // some serialisers escape the slash too
    std::string slashes;
    for (const char c : json) slashes += c == '/' ? std::string("\\/") : std::string(1, c);
    add_form(forms, slashes, "json", false);
  }
  add_form(forms, html_escape(value), "html", true);
  for (const std::size_t shift : {0U, 1U, 2U}) {
    std::string core = base64_core(value, shift);
    add_form(forms, url_alphabet(core), "base64", false);
    add_form(forms, std::move(core), "base64", false);
  }
  add_form(forms, hex_encode(value), "hex", true);
  return forms;
}

const std::vector<EncodedForm>& Credential::forms() const {
  if (!has_forms_) {
    forms_ = encoded_forms(value);
    has_forms_ = true;
  }
  return forms_;
}

NeedleSet::NeedleSet() { heads_.fill(kNone); }

void NeedleSet::clear() {
  for (const Piece& piece : pieces_) heads_[bucket_of(piece.folded)] = kNone;
  pieces_.clear();
  longest_ = 0;
  has_short_ = false;
}

void NeedleSet::add(std::size_t needle, const std::vector<EncodedForm>& forms) {
  for (const EncodedForm& form : forms) {
    const bool is_short = form.text.size() < kLongStepNeedle;
    has_short_ = has_short_ || is_short;
    longest_ = std::max(longest_, form.text.size());
    const std::size_t offsets = std::min(kLongStep, form.text.size() - kPiece + 1);
    for (std::size_t offset = 0; offset < offsets && pieces_.size() < kNone; ++offset) {
      const std::uint32_t piece = folded_piece(form.text.data() + offset);
      std::uint16_t& head = heads_[bucket_of(piece)];
      pieces_.push_back({piece, &form, static_cast<std::uint16_t>(needle),
                         static_cast<std::uint8_t>(offset), head});
      head = static_cast<std::uint16_t>(pieces_.size() - 1);
    }
  }
}

template <std::size_t kStep>
void NeedleSet::find_in_steps(std::string_view text, std::size_t most,
                              std::vector<NeedleHit>& hits) const {
  const std::size_t first = hits.size();
  // A value and a text made for each other could make every comparison long; real ones never come
  // near.
  std::size_t budget = kComparedPerByte * text.size() + kComparedAtLeast;
  for (std::size_t at = 0; at + kPiece <= text.size(); at += kStep) {
    const std::uint32_t piece = folded_piece(text.data() + at);
    for (std::uint16_t i = heads_[bucket_of(piece)]; i != kNone; i = pieces_[i].next) {
      const Piece& known = pieces_[i];
      // The first piece on the step's grid finds an occurrence; later ones would find it again.
      if (known.folded != piece || known.offset >= kStep || known.offset > at) continue;
      const std::size_t begin = at - known.offset;
      const std::size_t end = begin + known.form->text.size();
      if (end > text.size()) continue;
      if (budget < known.form->text.size()) return;
      budget -= known.form->text.size();
      if (!same(text.substr(begin, end - begin), *known.form)) continue;
      hits.push_back({known.needle, known.form->encoding, begin, end});
      if (hits.size() - first >= most) return;
    }
  }
}

void NeedleSet::find(std::string_view text, std::size_t most, std::vector<NeedleHit>& hits) const {
  if (empty() || most == 0) return;
  const auto first = static_cast<std::ptrdiff_t>(hits.size());
  if (has_short_) {
    find_in_steps<kShortStep>(text, most, hits);
  } else {
    find_in_steps<kLongStep>(text, most, hits);
  }
  std::sort(hits.begin() + first, hits.end(), [](const NeedleHit& a, const NeedleHit& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
  });
}

}  // namespace leaktap

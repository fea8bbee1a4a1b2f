// A tolerant, non-recursive JSON tokenizer for bodies from the wire.
//
// Reads what is there of cut, concatenated, newline-delimited and slightly broken documents (RFC
// 8259 where they are not), without building a tree. Depth and count are bounded; never fails, only
// stops. Linear in the text; buffers are reused, so a leaf costs no allocation. Bytes inside
// strings are taken as they are: UTF-8 is not checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace leaktap {

enum class JsonType : std::uint8_t { String, Number, True, False, Null };

// A leaf of the document.
struct JsonLeaf {
  JsonType type;
  std::string_view
      name;  // of the nearest enclosing member, at most 128 bytes; empty at the top level
  std::string_view path;   // members joined by '.', array levels as "[]": "items.[].owner_id"
  std::string_view value;  // unescaped string or the number's text; valid during the call
  std::size_t begin, end;  // where the value stands in the text, quotes not included
  bool in_array = false;   // some enclosing level is an array
  std::uint32_t item = 0;  // index within the outermost array
  bool cut = false;        // the text ends inside: `value` is a beginning
};

struct JsonLimits {
  std::size_t depth = 64;
  std::size_t leaves = 20000;
};

class JsonVisitor {
 public:
  virtual ~JsonVisitor() = default;
  // False: stop here.
  virtual bool leaf(const JsonLeaf& leaf) = 0;
};

// Calls visitor.leaf for each leaf in order; what is nested deeper than limits.depth is passed
// over. True if the text was one whole, well-formed document read to its end.
bool walk_json(std::string_view text, const JsonLimits& limits, JsonVisitor& visitor);

}  // namespace leaktap

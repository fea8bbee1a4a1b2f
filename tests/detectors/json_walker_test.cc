#include "detectors/json_walker.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <random>
#include <string>
#include <vector>

using namespace leaktap;

namespace {

// Writes leaves down as "path=value", a string's value in quotes, "~" behind one that is cut.
class Notes : public JsonVisitor {
 public:
  explicit Notes(std::size_t stop_after = SIZE_MAX) : stop_after_(stop_after) {}
  bool leaf(const JsonLeaf& leaf) override {
    if (!text.empty()) text += ' ';
    text.append(leaf.path).append("=");
    if (leaf.type == JsonType::String) text += '\'';
    text.append(leaf.value);
    if (leaf.type == JsonType::String) text += '\'';
    if (leaf.cut) text += '~';
    names.emplace_back(leaf.name);
    spans.emplace_back(leaf.begin, leaf.end);
    items.push_back(leaf.in_array ? static_cast<int>(leaf.item) : -1);
    return names.size() < stop_after_;
  }

  std::string text;
  std::vector<std::string> names;
  std::vector<std::pair<std::size_t, std::size_t>> spans;
  std::vector<int> items;

 private:
  std::size_t stop_after_;
};

std::string leaves_of(std::string_view text, const JsonLimits& limits = {}) {
  Notes notes;
  walk_json(text, limits, notes);
  return notes.text;
}

bool well_formed(std::string_view text, const JsonLimits& limits = {}) {
  Notes notes;
  return walk_json(text, limits, notes);
}

const std::string kDocument =
    R"({"id":17,"owner":{"tenant_id":"globex","name":"J\u00fcrgen \ud83d\ude00"},"tags":["a","b\n",)"
    R"({"x":-1.5e+3}],"ok":true,"none":null,"empty":{},"list":[]})";

}  // namespace

TEST_CASE("walk_json gives the leaves of a whole document in order") {
  using Row = std::pair<std::string, std::string>;
  const auto [text, expected] = GENERATE(values<Row>({
      {R"({"a":1})", "a=1"},
      {R"({"a":"x","b":{"c":true}})", "a='x' b.c=true"},
      {R"({"items":[{"owner_id":"u1"},{"owner_id":"u2"}]})",
       "items.[].owner_id='u1' items.[].owner_id='u2'"},
      {R"([1,[2,3],"x"])", "[]=1 [].[]=2 [].[]=3 []='x'"},
      {R"("alone")", "='alone'"},
      {" 42 ", "=42"},
      {"null", "=null"},
      {"{}", ""},
      {"[]", ""},
      {R"({"":1})", "=1"},
      {R"({"a":{"":1},"b":-0.5E-2})", "a.=1 b=-0.5E-2"},
      {R"({"a":{"b":1},"c":[{"d":2}],"e":3})", "a.b=1 c.[].d=2 e=3"},
      {"\xef\xbb\xbf{\"a\":1}", "a=1"},
  }));
  INFO(text);
  CHECK(leaves_of(text) == expected);
  CHECK(well_formed(text));
}

TEST_CASE("walk_json unescapes strings and names") {
  using Row = std::pair<std::string, std::string>;
  const auto [text, expected] = GENERATE(values<Row>({
      {R"({"a":"\"\\\/\b\f\n\r\t"})", "a='\"\\/\b\f\n\r\t'"},
      {R"({"a":"\u0041\u00e9\u20AC\ud83d\ude00"})", "a='A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80'"},
      {R"({"\u0061\"b":1})", "a\"b=1"},
      {R"({"a":"\ud83d"})", "a='\xef\xbf\xbd'"},
      {R"({"a":"\ude00x"})", "a='\xef\xbf\xbdx'"},
      {R"({"a":"\ud83d\u0041"})",
       "a='\xef\xbf\xbd"
       "A'"},
      {R"({"a":"long enough to be scanned in steps \\ and more of it \" end"})",
       R"(a='long enough to be scanned in steps \ and more of it " end')"},
  }));
  INFO(text);
  CHECK(leaves_of(text) == expected);
  CHECK(well_formed(text));
}

TEST_CASE("walk_json reads what a person would read in a broken document") {
  using Row = std::pair<std::string, std::string>;
  const auto [text, expected] = GENERATE(values<Row>({
      {R"({"a":1,})", "a=1"},
      {R"([1,2,])", "[]=1 []=2"},
      {R"({"a":1}{"a":2})", "a=1 a=2"},
      {"{\"a\":1}\n{\"a\":2}\n", "a=1 a=2"},
      {"data: {\"a\":\"x\"}\n\ndata: {\"a\":\"y\"}\n\n", "a='x' a='y'"},
      {R"(callback({"a":1});)", "a=1"},
      {")]}',\n{\"a\":1}", "a=1"},
      {R"({"a":1 "b":2})", "a=1 b=2"},
      {R"({"a" "b"})", "a='b'"},
      {R"({a:1,b:"x"})", "a=1 b='x'"},
      {R"({"a":NaN,"b":2})", "b=2"},
      {R"({"a":1],"b":2})", "a=1 b=2"},
      {R"({"a":[1,2},"b":3)", "a.[]=1 a.[]=2 b=3"},
      {R"({"a":"\x\u12"})", R"(a='\x\u12')"},
      {"{\"a\":\"line\nbreak\"}", "a='line\nbreak'"},
      {"{\"a\":\"\xff\xfe\"", "a='\xff\xfe'"},
      {R"({"a":"cut he)", "a='cut he'~"},
      {R"({"a":"cut \)", "a='cut '~"},
      {R"({"a":"cut \u12)", "a='cut '~"},
      {R"({"a":12)", "a=12~"},
      {R"({"a":tru)", ""},
      {R"("begun":"x","b":2})", "begun='x' b=2"},
      {R"({"a":01})", "a=01"},
      {R"({"a":1.})", "a=1."},
      {"", ""},
      {"}}]],,::", ""},
      {"plain text", ""},
      {"{\"a\":\"\\\n\"}", "a='\\\n'"},
  }));
  INFO(text);
  CHECK(leaves_of(text) == expected);
  CHECK_FALSE(well_formed(text));
}

TEST_CASE("walk_json tells the name, the place and the list item of a leaf") {
  const std::string text = R"({"n":7,"rows":[{"id":"a\n"},{"tags":["x","y"]}],"z":"end"})";
  Notes notes;
  CHECK(walk_json(text, {}, notes));
  CHECK(notes.names == std::vector<std::string>{"n", "id", "tags", "tags", "z"});
  CHECK(notes.items == std::vector<int>{-1, 0, 1, 1, -1});
  std::vector<std::string> raw;
  for (const auto& [begin, end] : notes.spans) raw.push_back(text.substr(begin, end - begin));
  CHECK(raw == std::vector<std::string>{"7", "a\\n", "x", "y", "end"});
}

TEST_CASE("walk_json stops where the visitor or a limit says so") {
  Notes first(1);
  CHECK_FALSE(walk_json("[1,2,3]", {}, first));
  CHECK(first.text == "[]=1");
  CHECK(leaves_of("[1,2,3]", {.depth = 64, .leaves = 2}) == "[]=1 []=2");
  CHECK(well_formed("[1,2]", {.depth = 64, .leaves = 2}));

  SECTION("what is nested too deep is passed over") {
    CHECK(leaves_of(R"({"a":[[1]],"b":2})", {.depth = 2, .leaves = 9}) == "b=2");
    CHECK(leaves_of(R"({"a":[{"x":[1]},3],"b":2})", {.depth = 2, .leaves = 9}) == "a.[]=3 b=2");
    CHECK_FALSE(well_formed(R"({"a":[[1]]})", {.depth = 2, .leaves = 9}));
    CHECK(well_formed(R"({"a":[1]})", {.depth = 2, .leaves = 9}));
  }
  SECTION("a long name is cut") {
    Notes notes;
    walk_json("{\"" + std::string(500, 'n') + "\":1}", {}, notes);
    CHECK(notes.names == std::vector<std::string>{std::string(128, 'n')});
  }
}

TEST_CASE("walk_json reads the same leaves up to any cut") {
  const std::string whole = leaves_of(kDocument);
  CHECK(well_formed(kDocument));
  for (std::size_t cut = 0; cut < kDocument.size(); ++cut) {
    Notes notes;
    INFO(kDocument.substr(0, cut));
    CHECK_FALSE(walk_json(std::string(kDocument, 0, cut), {}, notes));
    // All but the last leaf are those of the whole document; the last may be cut.
    std::string seen = notes.text;
    if (seen.ends_with("~")) seen.erase(seen.rfind(seen.ends_with("'~") ? "='" : "="));
    CHECK(whole.starts_with(seen));
  }
}

TEST_CASE("walk_json survives any change of bytes") {
  std::mt19937 random(20260101);
  const std::string alphabet =
      "{}[],:\"\\ \n\x01\xff"
      "01-+.eEu/tfnabcd";
  for (int round = 0; round < 20000; ++round) {
    std::string text = kDocument;
    for (int change = 0; change < 4; ++change) {
      const std::size_t at = random() % text.size();
      const char byte = alphabet[random() % alphabet.size()];
      switch (random() % 3) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1, byte);
          break;
        default:
          text.erase(at, 1 + random() % 3);
      }
      if (text.empty()) text = "{";
    }
    Notes notes;
    walk_json(text, {.depth = 3, .leaves = 50}, notes);
    REQUIRE(notes.names.size() <= 50);
    for (const auto& [begin, end] : notes.spans) REQUIRE((begin <= end && end <= text.size()));
  }
}

TEST_CASE("walk_json takes time in proportion to the text") {
  // Each of these shapes would be slow if a step looked back over what was read before.
  const std::string unit = GENERATE("[", "{\"a\":", "]", "\"\\u12", "\"\\\\", "\"a\" ", "{\"a\":[}",
                                    "1 ", "\"\n", "[],", "{\"\\ud83d\":");
  INFO(unit);
  const auto seconds = [&unit](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += unit;
    double best = 1e9;
    for (int round = 0; round < 3; ++round) {
      Notes notes;
      const auto start = std::chrono::steady_clock::now();
      walk_json(text, {}, notes);
      best = std::min(
          best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return best;
  };
  CHECK(seconds(400000) < 8 * seconds(100000) + 0.05);
}

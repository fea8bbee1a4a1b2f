#include "ui-cli/result_writer.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "tests/ui-cli/scratch_folder.h"

namespace leaktap {

TEST_CASE("A file takes the place of the one before it when it is finished") {
  const ScratchFolder folder;
  folder.write("out", "before");
  Result<ResultWriter> writer = ResultWriter::to_file(folder.path("out"));
  REQUIRE(writer);
  writer->write("after");
  writer->flush();
  CHECK(folder.read("out") == "before");
  CHECK(writer->finish());
  CHECK(folder.read("out") == "after");
}

TEST_CASE("A file that is not finished leaves nothing behind") {
  const ScratchFolder folder;
  {
    Result<ResultWriter> writer = ResultWriter::to_file(folder.path("out"));
    REQUIRE(writer);
    writer->write("half");
  }
  CHECK(std::filesystem::is_empty(folder.path("")));
}

TEST_CASE("What cannot be written is said, before the work where that is possible") {
  const ScratchFolder folder;
  CHECK(ResultWriter::to_file(folder.path("")).error().message == folder.path("") + " is a folder");
  CHECK(ResultWriter::to_file(folder.path("none/out")).error().message ==
        "cannot write " + folder.path("none/out") + ": No such file or directory");
  Result<ResultWriter> full = ResultWriter::to_file("/dev/full");
  REQUIRE(full);
  full->write("text");
  CHECK(full->finish().error().message == "cannot write /dev/full: No space left on device");
}

}  // namespace leaktap

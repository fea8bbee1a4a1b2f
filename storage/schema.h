// The tables, their versions, and what is no database of ours. storage/README.md documents them.
#pragma once

#include <cstdint>
#include <span>

#include "capture/result.h"
#include "storage/sqlite.h"

namespace leaktap {

// "LTap" in the header of the file, so that `file` and we know our databases from others'.
inline constexpr std::uint32_t kApplicationId = 0x4c546170;

// Brings a database from the version before to `version`, in the transaction of all that are due.
struct Migration {
  int version;
  const char* sql;
};
std::span<const Migration> migrations();  // ascending; the last is the version that we write

// What is at a path, told without SQLite, which would begin to repair what is not ours.
enum class FileState { Missing, Empty, Ours };
// Fails for folders, unreadable files, and files of others.
Result<FileState> inspect_file(const std::string& path);
// Creates it empty, for the owner only. False if it came to be there meanwhile.
Result<bool> create_file(const std::string& path);
void remove_database(const std::string& path);  // and what SQLite put beside it

// Makes a new or older database one of our version. Fails for one that a newer leaktap wrote.
Status migrate(Database& database, const std::string& path);
// For those who may not write: fails unless the version is ours.
Status check_version(Database& database, const std::string& path);

}  // namespace leaktap

// SQLite, as the store wants it: the only file that knows the library.
//
// Errors stick, as in ByteReader: after the first one every statement of that database does nothing
// and has no rows, so that a transaction reads straight down the page with one check at its end.
// Text that is no UTF-8 is stored with U+FFFD in place of what is wrong, and so is a NUL, since
// readers in other languages stop at either.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "capture/bytes.h"
#include "capture/result.h"
#include "capture/timestamp.h"

struct sqlite3;
struct sqlite3_stmt;

namespace leaktap {

class Statement;

class Database {
 public:
  enum class Access {
    ReadWrite,
    ReadOnly,
    Immutable,  // nobody writes: no locks, no files beside the database
  };
  // The file must be there (":memory:" apart). Waits up to 5 s for other processes' locks.
  static Result<Database> open(const std::string& path, Access access);

  Statement prepare(std::string_view sql);
  void execute(const char* sql);  // one or several statements without rows
  [[nodiscard]] std::int64_t last_id() const;
  [[nodiscard]] bool is_read_only() const;

  // The first error since the last begin().
  [[nodiscard]] Status status() const;
  void forget_error();

 private:
  friend class Statement;
  struct State {
    std::string path;
    sqlite3* handle = nullptr;
    std::optional<Error> error;

    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State();
    void take_error(int code);
  };
  explicit Database(std::unique_ptr<State> state) : state_(std::move(state)) {}

  std::unique_ptr<State> state_;
};

// A prepared statement. Its database must outlive it.
class Statement {
 public:
  Statement(Statement&& other) noexcept
      : state_(other.state_), handle_(std::exchange(other.handle_, nullptr)) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  // Binds ?1, ?2 … and starts anew.
  template <typename... Values>
  Statement& bind(const Values&... values) {
    reset();
    int index = 0;
    (bind_one(++index, values), ...);
    return *this;
  }
  // For statements without rows.
  template <typename... Values>
  void run(const Values&... values) {
    bind(values...);
    (void)step();
    reset();
  }
  // For statements with at most one row of interest; false if there is none.
  template <typename... Values>
  bool find(const Values&... values) {
    return bind(values...).step();
  }
  // To the next row; false after the last one and after an error.
  bool step();
  void reset();

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] Bytes blob(int column) const;  // valid until the next step or reset
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] Timestamp time(int column) const { return from_nanoseconds(integer(column)); }

 private:
  friend class Database;
  Statement(Database::State* state, sqlite3_stmt* handle) : state_(state), handle_(handle) {}
  void bind_one(int index, std::int64_t value);
  void bind_one(int index, std::string_view value);
  void bind_one(int index, Bytes value);
  void bind_one(int index, std::nullptr_t);
  void bind_one(int index, int value) { bind_one(index, std::int64_t{value}); }
  void bind_one(int index, bool value) { bind_one(index, std::int64_t{value}); }
  // 64 bits are kept; a key over 2^63 is negative in SQL.
  void bind_one(int index, std::uint64_t value) {
    bind_one(index, static_cast<std::int64_t>(value));
  }
  void bind_one(int index, Timestamp value) { bind_one(index, to_nanoseconds(value)); }
  void bind_one(int index, const std::string& value) { bind_one(index, std::string_view{value}); }
  void bind_one(int index, const char* value) { bind_one(index, std::string_view{value}); }
  template <typename T>
  void bind_one(int index, const std::optional<T>& value) {
    value ? bind_one(index, *value) : bind_one(index, nullptr);
  }

  Database::State* state_;
  sqlite3_stmt* handle_;
};

// Rolled back unless committed.
class Transaction {
 public:
  enum class Kind { Read, Write };
  // Write: waits for another writer here, and nowhere later.
  Transaction(Database& database, Kind kind);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  // Fails if anything in the transaction did; then nothing of it is stored.
  Status commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace leaktap

#include "storage/sqlite.h"

#include <sqlite3.h>

#include <cctype>
#include <system_error>

namespace leaktap {
namespace {

constexpr int kBusyMilliseconds = 5000;

std::string system_reason(int error) {
  if (error == 0) return "permission denied";  // SQLite's own refusal
  std::string reason = std::generic_category().message(error);
  if (!reason.empty()) {
    reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
  }
  return reason;
}

std::string explain(const std::string& path, int code, sqlite3* handle) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return path + " is locked by another process; wait for it to end or choose another --db";
    case SQLITE_FULL:
      return "cannot write " + path + ": the disk is full; free some space or choose another --db";
    case SQLITE_IOERR:
      return "cannot read or write " + path + ": " + system_reason(sqlite3_system_errno(handle)) +
             "; check its disk or choose another --db";
    case SQLITE_READONLY:
      return "cannot write " + path +
             ": permission denied; make it and its folder writable or choose another --db";
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return "cannot open " + path +
             " and the files beside it: " + system_reason(sqlite3_system_errno(handle)) +
             "; make its folder writable or choose another --db";
    case SQLITE_NOTADB:
      return path + " is not a leaktap database; choose another --db";
    case SQLITE_CORRUPT:
      return path + " is damaged; restore it from a copy or choose another --db";
    default:
      return "cannot use " + path + ": " + sqlite3_errmsg(handle) + "; choose another --db";
  }
}

// SQLite takes a name that begins with "file:" for a URI where it was built so.
std::string plain_name(const std::string& path) {
  return path == ":memory:" || path.starts_with('/') ? path : "./" + path;
}

std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : plain_name(path)) {
    if (c == '%' || c == '?' || c == '#') {
      constexpr char kDigits[] = "0123456789abcdef";
      uri += {'%', kDigits[static_cast<unsigned char>(c) >> 4],
              kDigits[static_cast<unsigned char>(c) & 15]};
    } else {
      uri.push_back(c);
    }
  }
  return uri + "?immutable=1";
}

// Length of the valid UTF-8 sequence (RFC 3629 §4) at the start of `text`; 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead == 0) return 0;
  if (lead < 0x80) return 1;
  const std::size_t length = lead < 0xc2   ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (lead == 0xe0 && byte(1) < 0xa0) return 0;  // could be shorter
  if (lead == 0xed && byte(1) > 0x9f) return 0;  // surrogates
  if (lead == 0xf0 && byte(1) < 0x90) return 0;
  if (lead == 0xf4 && byte(1) > 0x8f) return 0;
  return length;
}

bool is_clean(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string cleaned(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    clean += length == 0 ? std::string_view{"\xef\xbf\xbd"} : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return clean;
}

}  // namespace

Database::State::~State() { sqlite3_close_v2(handle); }

void Database::State::take_error(int code) {
  if (!error) error = Error{explain(path, code, handle)};
}

Result<Database> Database::open(const std::string& path, Access access) {
  auto state = std::make_unique<State>();
  state->path = path;
  int flags = SQLITE_OPEN_NOMUTEX;
  flags |= access == Access::ReadWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  if (access == Access::Immutable) flags |= SQLITE_OPEN_URI;
  const std::string name = access == Access::Immutable ? immutable_uri(path) : plain_name(path);
  if (const int code = sqlite3_open_v2(name.c_str(), &state->handle, flags, nullptr);
      code != SQLITE_OK) {
    return fail(explain(path, code, state->handle));
  }
  sqlite3_extended_result_codes(state->handle, 1);
  sqlite3_busy_timeout(state->handle, kBusyMilliseconds);
  // A file from somebody else shall not run code in its schema.
  sqlite3_db_config(state->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(state->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return Database{std::move(state)};
}

Statement Database::prepare(std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  if (!state_->error) {
    const int code = sqlite3_prepare_v2(state_->handle, sql.data(), static_cast<int>(sql.size()),
                                        &handle, nullptr);
    if (code != SQLITE_OK) state_->take_error(code);
  }
  return {state_.get(), handle};
}

void Database::execute(const char* sql) {
  if (state_->error) return;
  const int code = sqlite3_exec(state_->handle, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) state_->take_error(code);
}

std::int64_t Database::last_id() const { return sqlite3_last_insert_rowid(state_->handle); }
bool Database::is_read_only() const { return sqlite3_db_readonly(state_->handle, "main") == 1; }

Status Database::status() const {
  if (state_->error) return tl::unexpected<Error>(*state_->error);
  return {};
}

void Database::forget_error() { state_->error.reset(); }

Statement::~Statement() { sqlite3_finalize(handle_); }

void Statement::reset() {
  // Its code repeats the error that step() has reported.
  if (handle_ != nullptr) sqlite3_reset(handle_);
}

bool Statement::step() {
  if (state_->error || handle_ == nullptr) return false;
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) state_->take_error(code);
  sqlite3_reset(handle_);  // a finished reader holds no lock
  return false;
}

void Statement::bind_one(int index, std::int64_t value) {
  if (handle_ != nullptr) sqlite3_bind_int64(handle_, index, value);
}

void Statement::bind_one(int index, std::string_view value) {
  if (handle_ == nullptr) return;
  std::string clean;
  if (!is_clean(value)) {
    clean = cleaned(value);
    value = clean;
  }
  // A null pointer would bind NULL, which is not the empty text.
  const char* data = value.empty() ? "" : value.data();
  const int code =
      sqlite3_bind_text64(handle_, index, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) state_->take_error(code);
}

void Statement::bind_one(int index, Bytes value) {
  if (handle_ == nullptr) return;
  const void* data = value.empty() ? static_cast<const void*>("") : value.data();
  const int code = sqlite3_bind_blob64(handle_, index, data, value.size(), SQLITE_TRANSIENT);
  if (code != SQLITE_OK) state_->take_error(code);
}

void Statement::bind_one(int index, std::nullptr_t) {
  if (handle_ != nullptr) sqlite3_bind_null(handle_, index);
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_, column); }

std::string Statement::text(int column) const {
  const unsigned char* data = sqlite3_column_text(handle_, column);
  if (data == nullptr) return {};
  return {reinterpret_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

Bytes Statement::blob(int column) const {
  const void* data = sqlite3_column_blob(handle_, column);
  if (data == nullptr) return {};
  return {static_cast<const std::uint8_t*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

Transaction::Transaction(Database& database, Kind kind) : database_(database) {
  database_.forget_error();
  database_.execute(kind == Kind::Write ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
  if (!open_) return;
  // Neither the error that brought us here nor "no transaction is active", where SQLite has rolled
  // back itself, shall reach who comes next.
  database_.forget_error();
  database_.execute("ROLLBACK");
  database_.forget_error();
}

Status Transaction::commit() {
  database_.execute("COMMIT");
  Status outcome = database_.status();
  if (outcome) open_ = false;
  return outcome;
}

}  // namespace leaktap

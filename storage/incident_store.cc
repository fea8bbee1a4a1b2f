#include "storage/incident_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "storage/hash_index.h"
#include "storage/incident_reader.h"
#include "storage/incident_totals.h"
#include "storage/incident_writer.h"
#include "storage/recent_keys.h"
#include "storage/schema.h"
#include "storage/sqlite.h"

namespace leaktap {
namespace {

// Whether a database may have been written between two looks at it.
struct FileStamp {
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t changed_ns = 0;
  bool has_wal = false;

  bool operator==(const FileStamp&) const = default;
};

FileStamp stamp_of(const std::string& path) {
  FileStamp stamp;
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) {
    stamp.inode = info.st_ino;
    stamp.size = info.st_size;
    stamp.changed_ns = std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
  }
  stamp.has_wal = ::stat((path + "-wal").c_str(), &info) == 0 && info.st_size > 0;
  return stamp;
}

std::uint64_t recent_key(const Incident& incident, std::uint64_t finding_key) {
  return hash_text(finding_key, incident.id);
}

// Counts `incident` without the findings that earlier calls have counted.
Incident without_counted(Incident incident, const RecentKeys& recent) {
  std::vector<std::uint64_t> upgraded;  // of each sighting, the keys that were counted as attempts
  for (auto& [index, capture] : incident.by_capture) {
    for (Sighting& sighting : capture.sightings) {
      upgraded.push_back(0);
      std::erase_if(sighting.finding_keys, [&](std::uint64_t key) {
        const RecentKeys::Seen seen = recent.find(recent_key(incident, key));
        if (seen == RecentKeys::Seen::AsAttempt) ++upgraded.back();
        return seen == RecentKeys::Seen::AsFinding;
      });
      std::erase_if(sighting.attempt_keys, [&](std::uint64_t key) {
        return recent.find(recent_key(incident, key)) != RecentKeys::Seen::Never;
      });
    }
  }
  count_distinct(incident.by_capture);
  std::size_t place = 0;
  for (auto& [index, capture] : incident.by_capture) {
    for (Sighting& sighting : capture.sightings) {
      const std::uint64_t counted_before = std::min(upgraded[place++], sighting.count);
      sighting.count -= counted_before;
      // They are attempts no longer. Below zero this wraps to a negative number of 64 bits, which
      // is what the database adds.
      capture.attempts -= counted_before;
    }
  }
  return incident;
}

void remember(RecentKeys& recent, const Incident& incident) {
  for (const auto& [index, capture] : incident.by_capture) {
    for (const Sighting& sighting : capture.sightings) {
      for (const std::uint64_t key : sighting.attempt_keys) {
        recent.add(recent_key(incident, key), true);
      }
      for (const std::uint64_t key : sighting.finding_keys) {
        recent.add(recent_key(incident, key), false);
      }
    }
  }
}

}  // namespace

struct IncidentStore::Impl {
  std::string path;
  std::optional<Database> database;
  bool immutable = false;
  FileStamp stamp;  // when it was opened, if immutable
  RecentKeys recent;

  Status open_for_reading();
  template <typename Read>
  auto read(Read&& read) -> decltype(read(std::declval<IncidentReader&>()));
};

// Without a WAL nobody writes, and to read the file as it is needs neither locks nor files beside
// it, which a reader could not always create. read() looks whether that was still so in the end.
Status IncidentStore::Impl::open_for_reading() {
  const Result<FileState> state = inspect_file(path);
  if (!state) return tl::unexpected<Error>(state.error());
  if (*state == FileState::Missing) {
    return fail("there is no database " + path +
                "; leaktap scan makes one, --db names another one");
  }
  if (*state == FileState::Empty) {
    return fail(path + " is not a leaktap database; choose another --db");
  }
  stamp = stamp_of(path);
  immutable = !stamp.has_wal;
  Result<Database> opened =
      Database::open(path, immutable ? Database::Access::Immutable : Database::Access::ReadOnly);
  if (!opened) return tl::unexpected<Error>(opened.error());
  database = std::move(*opened);
  return check_version(*database, path);
}

template <typename Read>
auto IncidentStore::Impl::read(Read&& read) -> decltype(read(std::declval<IncidentReader&>())) {
  constexpr int kTries = 5;
  for (int tries = 1;; ++tries) {
    auto outcome = [&]() -> decltype(read(std::declval<IncidentReader&>())) {
      Transaction snapshot(*database, Transaction::Kind::Read);
      IncidentReader reader(*database, path);
      return read(reader);
    }();
    if (!immutable || tries == kTries || stamp_of(path) == stamp) return outcome;
    if (const Status status = open_for_reading(); !status) {
      return tl::unexpected<Error>(status.error());
    }
  }
}

IncidentStore::IncidentStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
IncidentStore::IncidentStore(IncidentStore&&) noexcept = default;
IncidentStore& IncidentStore::operator=(IncidentStore&&) noexcept = default;
IncidentStore::~IncidentStore() = default;

Result<IncidentStore> IncidentStore::open_for_writing(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  Result<Database> opened = Database::open(path, Database::Access::ReadWrite);
  if (!opened) return tl::unexpected<Error>(opened.error());
  impl->database = std::move(*opened);
  Database& database = *impl->database;
  if (database.is_read_only()) {
    return fail("cannot write " + path +
                ": permission denied; run as its owner or choose another --db");
  }
  database.execute("PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON");
  if (const Status status = migrate(database, path); !status) {
    return tl::unexpected<Error>(status.error());
  }
  return IncidentStore{std::move(impl)};
}

Result<IncidentStore> IncidentStore::open(const std::string& path, Mode mode) {
  if (mode == Mode::ReadOnly) {
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    if (const Status status = impl->open_for_reading(); !status) {
      return tl::unexpected<Error>(status.error());
    }
    return IncidentStore{std::move(impl)};
  }
  if (path == ":memory:") return open_for_writing(path);
  const Result<FileState> state = inspect_file(path);
  if (!state) return tl::unexpected<Error>(state.error());
  bool created = false;
  if (*state == FileState::Missing) {
    const Result<bool> creation = create_file(path);
    if (!creation) return tl::unexpected<Error>(creation.error());
    created = *creation;
  }
  // An empty file, from mktemp for example, becomes ours.
  if (*state == FileState::Empty) ::chmod(path.c_str(), 0600);
  Result<IncidentStore> store = open_for_writing(path);
  if (!store && created) remove_database(path);
  return store;
}

Status IncidentStore::save_run(const RunRecord& run, const std::vector<CaptureInfo>& captures,
                               const std::vector<Incident>& incidents) {
  Transaction transaction(*impl_->database, Transaction::Kind::Write);
  IncidentWriter writer(*impl_->database, IncidentWriter::Mode::Replace);
  writer.put_run(run, captures);
  for (const Incident& incident : incidents) writer.put(incident);
  writer.finish();
  return transaction.commit();
}

Status IncidentStore::add_live(const RunRecord& run, const CaptureInfo& capture,
                               const std::vector<Incident>& incidents) {
  Transaction transaction(*impl_->database, Transaction::Kind::Write);
  IncidentWriter writer(*impl_->database, IncidentWriter::Mode::Live);
  writer.put_run(run, {capture});
  for (const Incident& incident : incidents) {
    writer.put(without_counted(incident, impl_->recent));
  }
  writer.finish();
  Status outcome = transaction.commit();
  if (outcome) {
    for (const Incident& incident : incidents) remember(impl_->recent, incident);
  }
  return outcome;
}

Result<std::vector<StoredIncident>> IncidentStore::list(const IncidentFilter& filter) {
  return impl_->read([&](IncidentReader& reader) { return reader.list(filter); });
}

Result<StoredIncident> IncidentStore::find(const std::string& id) {
  return impl_->read([&](IncidentReader& reader) { return reader.find(id); });
}

}  // namespace leaktap

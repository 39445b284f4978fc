// SPDX-License-Identifier: Apache-2.0
#include "resolver/sqlite/database.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "resolver/base/check.h"

namespace cenote::sqlite {
namespace {

constexpr int kBusyMs = 5000;  // the longest wait for another process that has locked the file

Error error_of(sqlite3* handle) { return Error{sqlite3_errmsg(handle)}; }

int flags_of(Database::Mode mode) noexcept {
    switch (mode) {
        case Database::Mode::Create: return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        case Database::Mode::Write: return SQLITE_OPEN_READWRITE;
        case Database::Mode::ReadOnly: break;
    }
    // A connection is used by one thread at a time, and a lock for each value of millions of rows takes as long as
    // them.
    return SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
}

/// The measures of https://sqlite.org/security.html for untrusted files: the state file may have been replaced.
void distrust(sqlite3* handle) {
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
}

}  // namespace

Statement::Statement(sqlite3* database, std::string_view sql) : database_(database) {
    sqlite3_stmt* made = nullptr;
    // Where a table is missing this fails; the first next_row() gives the Error.
    sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &made, nullptr);
    statement_.reset(made);
}

Statement& Statement::bind(std::string_view text) {
    if (statement_)
        CENOTE_CHECK(sqlite3_bind_text(statement_.get(), ++bound_, text.data(), static_cast<int>(text.size()),
                                       SQLITE_TRANSIENT) == SQLITE_OK);
    return *this;
}

Statement& Statement::bind(std::int64_t number) {
    if (statement_) CENOTE_CHECK(sqlite3_bind_int64(statement_.get(), ++bound_, number) == SQLITE_OK);
    return *this;
}

Statement& Statement::bind(ByteView bytes) {
    if (statement_)
        CENOTE_CHECK(sqlite3_bind_blob(statement_.get(), ++bound_, bytes.data(), static_cast<int>(bytes.size()),
                                       SQLITE_TRANSIENT) == SQLITE_OK);
    return *this;
}

void Statement::reset() {
    if (statement_) sqlite3_reset(statement_.get());
    bound_ = 0;
}

Result<bool> Statement::next_row() {
    if (!statement_) return error_of(database_);
    switch (sqlite3_step(statement_.get())) {
        case SQLITE_ROW: return true;
        case SQLITE_DONE: return false;
        default: return error_of(database_);
    }
}

std::string Statement::text(int column) const {
    const auto* bytes = sqlite3_column_text(statement_.get(), column);
    if (bytes == nullptr) return {};
    return {reinterpret_cast<const char*>(bytes),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

ByteView Statement::bytes(int column) const {
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::int64_t Statement::number(int column) const { return sqlite3_column_int64(statement_.get(), column); }

bool Statement::is_number(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_INTEGER; }

Result<Database> Database::open(const Path& path, Mode mode) {
    struct stat there {};
    if (::stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode))  // opening a pipe would block
        return Error{fmt::format("cannot open {}: it is no regular file", path.string())};
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &handle, flags_of(mode), nullptr);
    Database database(handle);
    if (code != SQLITE_OK)
        return Error{fmt::format("cannot open {}: {}; check its folder's owner and mode", path.string(),
                                 handle != nullptr ? sqlite3_errmsg(handle) : "no memory")};
    sqlite3_busy_timeout(handle, kBusyMs);
    distrust(handle);
    return database;
}

Status Database::run(const char* sql) const {
    if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return Done{};
    return error_of(handle_.get());
}

Result<Transaction> Transaction::begin(const Database& database) {
    if (auto begun = database.run("BEGIN IMMEDIATE"); !begun) return std::move(begun).error();
    return Transaction(database);
}

Transaction::~Transaction() {
    if (database_ != nullptr)
        static_cast<void>(database_->run("ROLLBACK"));  // fails where SQLite has rolled back already
}

Status Transaction::commit() {
    if (auto committed = database_->run("COMMIT"); !committed) return committed;
    database_ = nullptr;
    return Done{};
}

}  // namespace cenote::sqlite

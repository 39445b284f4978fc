// SPDX-License-Identifier: Apache-2.0
//
// SQLite with results instead of codes.
//
// Threads:  one.
// Memory:   SQLite's page cache of an open file.
// Failure:  Result with SQLite's own message; a wrong statement is our mistake and stops the process.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "resolver/base/bytes.h"
#include "resolver/base/fd.h"
#include "resolver/base/result.h"

namespace cenote::sqlite {

/// One prepared statement: bind(), then next_row().
class Statement {
public:
    Statement(sqlite3* database, std::string_view sql);

    Statement& bind(std::string_view text);
    Statement& bind(std::int64_t number);
    Statement& bind(ByteView bytes);
    /// Takes values anew, for another row.
    void reset();
    /// True: there is a row; false: there is none left.
    Result<bool> next_row();
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] std::int64_t number(int column) const;
    [[nodiscard]] ByteView bytes(int column) const;  // until the next next_row()
    [[nodiscard]] bool is_number(int column) const;

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
    };
    sqlite3* database_;
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    int bound_ = 0;
};

/// Runs a statement for each of its rows; the first Error ends it.
template <typename OnRow>
Status each_row(Statement rows, OnRow on_row) {
    for (;;) {
        auto more = rows.next_row();
        if (!more) return std::move(more).error();
        if (!*more) return Done{};
        if (Status status = on_row(rows); !status) return status;
    }
}

class Database {
public:
    enum class Mode : std::uint8_t { Create, Write, ReadOnly };
    /// Programs in the file are not run: triggers and views are disabled, functions in a schema are not called.
    static Result<Database> open(const Path& path, Mode mode);

    [[nodiscard]] Statement prepare(std::string_view sql) const { return {handle_.get(), sql}; }
    /// Runs statements that return no rows.
    Status run(const char* sql) const;

private:
    struct Close {
        void operator()(sqlite3* handle) const noexcept { sqlite3_close(handle); }
    };
    explicit Database(sqlite3* handle) : handle_(handle) {}
    std::unique_ptr<sqlite3, Close> handle_;
};

/// Rolled back by the destructor unless commit() succeeded.
class Transaction {
public:
    static Result<Transaction> begin(const Database& database);
    Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    Status commit();

private:
    explicit Transaction(const Database& database) : database_(&database) {}
    const Database* database_;
};

}  // namespace cenote::sqlite

// SPDX-License-Identifier: Apache-2.0
//
// A state file in a folder of its own.
//
// Threads: one.   Memory: the folder.   Failure: fails the test.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "resolver/base/time_text.h"
#include "resolver/state/state.h"
#include "tests/support/temporary_folder.h"

namespace cenote::state {

inline const WallTime kNow = parse_time("2026-03-02T12:00:00Z").value();

inline Record record(std::string action, std::string object) {
    Record made;
    made.at = kNow;
    made.actor = "kim";
    made.action = std::move(action);
    made.object = std::move(object);
    return made;
}

inline Result<Record> change(State& state, const Rule* rule, Record made) {
    return state.change({.rule = rule, .policy = nullptr, .record = std::move(made)});
}

class StateTest : public ::testing::Test {
protected:
    std::unique_ptr<State> open() {
        auto opened = State::open(path);
        EXPECT_TRUE(opened.ok()) << opened.error().text;
        return std::move(*opened);
    }
    std::string refusal() {
        auto opened = State::open(path);
        return opened.ok() ? "" : opened.error().text;
    }
    std::vector<Record> trail() {
        auto read = read_audit(path);
        EXPECT_TRUE(read.ok()) << read.error().text;
        return *read;
    }
    /// Changes the file by SQL, as an attacker would.
    void tamper(const std::string& sql) {
        sqlite3* handle = nullptr;
        ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
        ASSERT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
        sqlite3_close(handle);
    }
    /// The state file and the files beside it.
    void forget() {
        for (const char* ending : {"", "-wal", "-shm", ".made"}) std::filesystem::remove(path.string() + ending);
    }
    void write_five() {
        const auto state = open();
        for (int i = 1; i <= 5; ++i)
            ASSERT_TRUE(change(*state, nullptr, record("reload", "version " + std::to_string(i))).ok());
    }

    testing_support::TemporaryFolder folder;
    Path path = folder / "state.db";
};

}  // namespace cenote::state

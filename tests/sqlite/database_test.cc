// SPDX-License-Identifier: Apache-2.0
#include "resolver/sqlite/database.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace cenote::sqlite {
namespace {

class DatabaseTest : public testing::Test {
protected:
    testing_support::TemporaryFolder folder_;
    Database database_ = Database::open(folder_.path() / "a.db", Database::Mode::Create).value();
};

TEST_F(DatabaseTest, TextsNumbersAndBytesComeBack) {
    ASSERT_TRUE(database_.run("CREATE TABLE t (a TEXT, b INTEGER, c BLOB) STRICT").ok());
    const std::array<std::uint8_t, 4> bytes{0, 1, 0xff, 0};
    Statement insert = database_.prepare("INSERT INTO t VALUES (?, ?, ?)");
    ASSERT_TRUE(insert.bind("x'y").bind(std::int64_t{-7}).bind(ByteView(bytes)).next_row().ok());
    insert.reset();
    ASSERT_TRUE(insert.bind("second").bind(std::int64_t{8}).bind(ByteView(bytes).first(1)).next_row().ok());
    std::vector<std::string> texts;
    std::size_t size = 0;
    const Status read = each_row(database_.prepare("SELECT a, b, c FROM t ORDER BY b"), [&](const Statement& row) {
        texts.push_back(row.text(0));
        size += row.bytes(2).size();
        return Status(Done{});
    });
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(texts, (std::vector<std::string>{"x'y", "second"}));
    EXPECT_EQ(size, 5U);
}

TEST_F(DatabaseTest, ATransactionThatIsNotCommittedLeavesNothing) {
    ASSERT_TRUE(database_.run("CREATE TABLE t (a INTEGER) STRICT").ok());
    {
        auto transaction = Transaction::begin(database_);
        ASSERT_TRUE(transaction.ok());
        ASSERT_TRUE(database_.run("INSERT INTO t VALUES (1)").ok());
    }
    Statement count = database_.prepare("SELECT count(*) FROM t");
    ASSERT_TRUE(count.next_row().value());
    EXPECT_EQ(count.number(0), 0);
}

TEST_F(DatabaseTest, AWrongStatementIsAnErrorAtItsFirstStep) {
    EXPECT_FALSE(database_.prepare("SELECT a FROM none").next_row().ok());
}

TEST_F(DatabaseTest, APipeIsRefused) {
    const Path pipe = folder_.path() / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_FALSE(Database::open(pipe, Database::Mode::Write).ok());
}

}  // namespace
}  // namespace cenote::sqlite

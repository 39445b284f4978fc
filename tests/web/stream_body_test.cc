// SPDX-License-Identifier: Apache-2.0
#include "resolver/web/stream_body.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

namespace cenote::web {
namespace {

class StreamBodyTest : public testing::Test {
protected:
    StreamBody::Taken take() {
        return body_.take(room_, [this] { ++pauses_; });
    }

    std::atomic<int> resumes_{0};
    int pauses_ = 0;
    std::array<char, 16> room_{};
    StreamBody body_{[this] { ++resumes_; }, milliseconds{0}};
};

TEST_F(StreamBodyTest, PausesWhereNothingWaitsAndIsResumedOnce) {
    EXPECT_EQ(take().size, 0U);
    EXPECT_EQ(pauses_, 1);
    EXPECT_TRUE(body_.write("abc"));
    EXPECT_TRUE(body_.write("def"));
    EXPECT_EQ(resumes_, 1);
    EXPECT_EQ(take().size, 6U);
    EXPECT_EQ(std::string_view(room_.data(), 6), "abcdef");
}

TEST_F(StreamBodyTest, EndsBehindItsLastByte) {
    EXPECT_TRUE(body_.write("abc"));
    body_.end();
    EXPECT_EQ(take().size, 3U);
    EXPECT_TRUE(take().is_end);
    EXPECT_EQ(pauses_, 0);
}

TEST_F(StreamBodyTest, TheEndResumesAPausedReader) {
    take();
    body_.end();
    EXPECT_EQ(resumes_, 1);
    EXPECT_TRUE(take().is_end);
}

TEST_F(StreamBodyTest, AReaderThatHasLeftIsTold) {
    body_.leave();
    EXPECT_FALSE(body_.write("abc"));
}

TEST_F(StreamBodyTest, AReaderThatReadsNothingIsGivenUp) {
    EXPECT_TRUE(body_.write(std::string(StreamBody::kWaitingMax + 1, 'x')));
    EXPECT_FALSE(body_.write("abc"));
}

TEST(StreamBodyThreads, AWriterWaitsForItsReader) {
    StreamBody body([] {});
    EXPECT_TRUE(body.write(std::string(StreamBody::kWaitingMax + 1, 'x')));
    std::thread writer([&body] {
        EXPECT_TRUE(body.write("last"));
        body.end();
    });
    std::string all;
    std::array<char, 1000> room{};
    for (;;) {
        const auto taken = body.take(room, [] {});
        if (taken.is_end) break;
        all.append(room.data(), taken.size);
    }
    writer.join();
    EXPECT_EQ(all.size(), StreamBody::kWaitingMax + 5);
    EXPECT_TRUE(all.ends_with("xlast"));
}

}  // namespace
}  // namespace cenote::web

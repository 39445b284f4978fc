// SPDX-License-Identifier: Apache-2.0
//
// The limit of connections for each user; rights that are given and taken while connections are open.
#include <gmock/gmock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/control/server_fixture.h"

namespace cenote::control {
namespace {

using testing::HasSubstr;

/// Clients of other users than the superuser: the kernel keeps the user ids for each thread.
class UsersTest : public ServerTest {
protected:
    static constexpr long kDaemon = 1;
    static constexpr long kNobody = 65534;

    void SetUp() override {
        if (::geteuid() != 0) GTEST_SKIP() << "only the superuser can act as another user";
        std::filesystem::permissions(folder_.path(), std::filesystem::perms{0755});
    }

    /// The user nobody has the right Read, the user daemon the right Admin.
    static Options rights() {
        Options options;
        options.readers = {"nogroup"};
        options.admins = {"daemon"};
        return options;
    }

    template <typename What>
    static void as(long uid, What what) {
        std::thread user([&] {
            ASSERT_EQ(::syscall(SYS_setresuid, -1, uid, -1), 0);
            what();
        });
        user.join();
    }

    /// Opens connections of a user and counts those that are served; `refusal` gets the reply on the first other one.
    std::size_t served_of(long uid, std::size_t tries, std::string& refusal) {
        std::size_t served = 0;
        as(uid, [&] {
            for (std::size_t i = 0; i < tries; ++i) {
                auto one = client();
                auto response = one->call({.verb = "echo", .args = Json::object()}, nullptr);
                ASSERT_TRUE(response.ok()) << response.error().text;
                served += response->ok ? 1U : 0U;
                if (!response->ok && refusal.empty()) refusal = response->error;
                if (response->ok) held_.push_back(std::move(one));
            }
        });
        return served;
    }

    std::vector<std::unique_ptr<ControlClient>> held_;
};

TEST_F(UsersTest, WithoutARightAConnectionClosesAtOnce) {
    start({});
    as(kNobody, [this] {
        EXPECT_THAT(call(*client(), "echo").error, HasSubstr("nobody may not use this socket"));
        EXPECT_THAT(read_to_end(raw()), HasSubstr("may not use this socket"));  // before a request was sent
    });
    EXPECT_TRUE(call(*client(), "echo").ok);
}

TEST_F(UsersTest, OneUserHasSomeConnectionsAndNoMore) {
    Options options = rights();
    options.clients_of_user = 3;
    start(options);
    std::string refusal;
    EXPECT_EQ(served_of(kNobody, 5, refusal), 3U);
    EXPECT_THAT(refusal, HasSubstr("nobody has 3 connections already"));
    EXPECT_EQ(served_of(kDaemon, 2, refusal), 2U);
    EXPECT_EQ(served_of(0, 5, refusal), 5U);
}

TEST_F(UsersTest, ConnectionsAreKeptForAdminsAndForRoot) {
    Options options = rights();
    options.clients_max = 6;
    options.kept_for_admins = 4;
    options.kept_for_root = 2;
    start(options);
    std::string refusal;
    EXPECT_EQ(served_of(kNobody, 5, refusal), 2U);
    EXPECT_THAT(refusal, HasSubstr("2 clients are connected already"));
    EXPECT_EQ(served_of(kDaemon, 5, refusal), 2U);
    EXPECT_EQ(served_of(0, 5, refusal), 2U);
}

TEST_F(UsersTest, ARightThatIsTakenAwayEndsTheConnection) {
    start(rights());
    UniqueFd of_nobody;
    as(kNobody, [&] { of_nobody = raw(); });
    EXPECT_TRUE(call(*client(), "echo").ok);  // this connection was accepted later
    stop_.notify();
    thread_.join();
    server_->apply({});
    thread_ = std::thread([this] { loop_.run(); });
    EXPECT_THAT(read_to_end(of_nobody), HasSubstr("nobody may not use this socket"));
}

}  // namespace
}  // namespace cenote::control

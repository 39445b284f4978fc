// SPDX-License-Identifier: Apache-2.0
#include "resolver/control/unix_socket.h"

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/temporary_folder.h"

namespace cenote::control {
namespace {

using testing::HasSubstr;
using testing_support::TemporaryFolder;

constexpr std::uint32_t kOwnUid = 990;

std::string group_name(gid_t gid) {
    const group* record = ::getgrgid(gid);
    return record != nullptr ? record->gr_name : std::string{};
}

Peer granted(std::uint32_t uid, const Options& options) {
    Peer peer{.uid = uid, .gid = 0, .pid = 0, .actor = {}};
    grant(peer, {0, 1}, kOwnUid, options);  // a member of root's group and of daemon's
    return peer;
}

TEST(Grant, RootAndTheDaemonItselfMayEverything) {
    for (const std::uint32_t uid : {0U, kOwnUid}) {
        const Peer peer = granted(uid, Options{});
        EXPECT_EQ(peer.right, Right::Admin);
        EXPECT_TRUE(peer.may_approve);
    }
}

TEST(Grant, WhoIsInNoGroupMayNothing) {
    Options options;
    options.readers = options.approvers = options.admins = {"no-such-group-here"};
    const Peer peer = granted(1000, options);
    EXPECT_EQ(peer.right, Right::None);
    EXPECT_FALSE(peer.may_approve);
}

TEST(Grant, TheStrongestGroupCounts) {
    const std::string member = group_name(1);
    ASSERT_FALSE(member.empty());
    Options options;
    options.readers = {member};
    EXPECT_EQ(granted(1000, options).right, Right::Read);
    EXPECT_FALSE(granted(1000, options).may_approve);
    options.approvers = {"no-such-group-here", member};
    EXPECT_EQ(granted(1000, options).right, Right::Approve);
    EXPECT_TRUE(granted(1000, options).may_approve);
    options.admins = {member};
    EXPECT_EQ(granted(1000, options).right, Right::Admin);
    EXPECT_TRUE(granted(1000, options).may_approve);
}

TEST(PeerOf, KnowsWhoIsAtTheOtherEnd) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    const UniqueFd ours(ends[0]);
    const UniqueFd theirs(ends[1]);
    const auto peer = peer_of(ours.get(), Options{});
    ASSERT_TRUE(peer.ok()) << peer.error().text;
    EXPECT_EQ(peer->uid, ::geteuid());
    EXPECT_EQ(peer->pid, ::getpid());
    EXPECT_FALSE(peer->actor.empty());
    EXPECT_EQ(peer->right, Right::Admin);  // the daemon's own user
}

TEST(PeerOf, FailsOnWhatIsNoSocket) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const UniqueFd reading(ends[0]);
    const UniqueFd writing(ends[1]);
    EXPECT_FALSE(peer_of(reading.get(), Options{}).ok());
}

TEST(ListenAt, MakesASocketForEverybody) {
    const TemporaryFolder folder;
    const auto fd = listen_at(folder / "control.sock");
    ASSERT_TRUE(fd.ok()) << fd.error().text;
    struct stat info {};
    ASSERT_EQ(::stat((folder / "control.sock").c_str(), &info), 0);
    EXPECT_TRUE(S_ISSOCK(info.st_mode));
    EXPECT_EQ(info.st_mode & 0777, 0666U);
}

TEST(ListenAt, ReplacesASocketThatNobodyListensOn) {
    const TemporaryFolder folder;
    const Path path = folder / "control.sock";
    { ASSERT_TRUE(listen_at(path).ok()); }  // closed, the file stays
    ASSERT_TRUE(std::filesystem::exists(path));
    EXPECT_TRUE(listen_at(path).ok());
}

TEST(ListenAt, LeavesALiveOneAlone) {
    const TemporaryFolder folder;
    const Path path = folder / "control.sock";
    const auto first = listen_at(path);
    ASSERT_TRUE(first.ok());
    const auto second = listen_at(path);
    ASSERT_FALSE(second.ok());
    EXPECT_THAT(second.error().text, HasSubstr(path.string()));
    EXPECT_THAT(second.error().text, HasSubstr("another cenoted"));
}

TEST(ListenAt, LeavesOtherFilesAlone) {
    const TemporaryFolder folder;
    const Path path = folder / "notes.txt";
    std::ofstream(path) << "precious";
    const auto fd = listen_at(path);
    ASSERT_FALSE(fd.ok());
    EXPECT_THAT(fd.error().text, HasSubstr("no socket"));
    EXPECT_EQ(std::filesystem::file_size(path), 8U);
}

TEST(ListenAt, SaysWhatIsWrongWithThePath) {
    const TemporaryFolder folder;
    const auto missing = listen_at(folder / "nowhere/control.sock");
    ASSERT_FALSE(missing.ok());
    EXPECT_THAT(missing.error().text,
                HasSubstr((folder / "nowhere").string() + " of the control socket does not exist"));

    const auto long_path = listen_at(folder / std::string(200, 'x'));
    ASSERT_FALSE(long_path.ok());
    EXPECT_THAT(long_path.error().text, HasSubstr("too long"));

    EXPECT_FALSE(listen_at("").ok());
    EXPECT_FALSE(ControlClient::connect(folder / std::string(200, 'x')).ok());
}

}  // namespace
}  // namespace cenote::control

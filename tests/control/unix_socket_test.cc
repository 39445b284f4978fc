// SPDX-License-Identifier: Apache-2.0
#include "resolver/control/unix_socket.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
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
    set_rights(peer, {0, 1}, kOwnUid, options);  // a member of the groups root and daemon
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

TEST(Grant, ClientsAreShownToInspectorsAndNotToAdmins) {
    const std::string member = group_name(1);
    ASSERT_FALSE(member.empty());
    Options options;
    options.admins = {member};
    EXPECT_FALSE(granted(1000, options).may_inspect);
    options.inspectors = {member};
    EXPECT_TRUE(granted(1000, options).may_inspect);
    EXPECT_EQ(granted(1000, options).right, Right::Admin);
    options.admins = {};
    EXPECT_EQ(granted(1000, options).right, Right::Read);
    EXPECT_FALSE(granted(1000, options).may_approve);
    EXPECT_TRUE(granted(kOwnUid, {}).may_inspect);
}

TEST(Grant, TheOwnerOfTheSetsFolderMayOnlyPublish) {
    const TemporaryFolder folder;
    Options options;
    options.published_in = folder.path();
    struct stat info {};
    ASSERT_EQ(::stat(folder.path().c_str(), &info), 0);
    Peer peer{.uid = info.st_uid, .gid = 0, .pid = 0, .actor = {}};
    if (peer.uid == 0) {  // root has more rights: the folder gets another owner
        ASSERT_EQ(::chown(folder.path().c_str(), 1000, 1000), 0);
        peer.uid = 1000;
    }
    set_rights(peer, {0, 1}, kOwnUid, options);
    EXPECT_EQ(peer.right, Right::Publish);
    EXPECT_FALSE(peer.may_approve);
    EXPECT_LT(peer.right, Right::Read);
    EXPECT_EQ(granted(1001, options).right, Right::None);
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

/// Processes of the superuser with the login uid of another user, as under sudo.
class LoginTest : public ::testing::Test {
protected:
    static constexpr const char* kNobody = "65534";

    void SetUp() override {
        if (::geteuid() != 0) GTEST_SKIP() << "only the superuser can set the login uid of a process";
        auto listening = listen_at(folder_ / "control.sock");
        ASSERT_TRUE(listening.ok()) << listening.error().text;
        listening_ = std::move(*listening);
        client_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM, 0));
    }
    ~LoginTest() override {
        if (child_ > 0) {
            ::kill(child_, SIGKILL);
            ::waitpid(child_, nullptr, 0);
        }
    }

    /// Sets the login uid of a child; the kernel allows a process to set it once.
    static bool log_in() {
        const UniqueFd file(::open("/proc/self/loginuid", O_WRONLY));
        return ::write(file.get(), kNobody, std::strlen(kNobody)) > 0;
    }
    [[nodiscard]] bool dial() const {
        const auto address = socket_address(folder_ / "control.sock");
        return ::connect(client_.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0;
    }
    /// Returns when the child is ready; false when its setup failed.
    bool wait_for_child() {
        ready_.second.reset();
        char byte = 0;
        return ::read(ready_.first.get(), &byte, 1) == 1;
    }
    void open_pipe() {
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        ready_ = {UniqueFd(ends[0]), UniqueFd(ends[1])};
    }
    /// The last action of a child: it reports whether its setup succeeded, and waits until it is killed.
    [[noreturn]] void stay(bool ready) const {
        if (!ready || ::write(ready_.second.get(), "x", 1) != 1) ::_exit(1);
        while (true) ::pause();
    }
    Result<Peer> accepted() {
        accepted_ = UniqueFd(::accept(listening_.get(), nullptr, nullptr));
        return peer_of(accepted_.get(), Options{});
    }

    TemporaryFolder folder_;
    UniqueFd listening_;
    UniqueFd client_;  // shared with the children
    UniqueFd accepted_;
    std::pair<UniqueFd, UniqueFd> ready_;
    pid_t child_ = 0;
};

TEST_F(LoginTest, CountsForAProcessThatIsTheProvedPeer) {
    open_pipe();
    child_ = ::fork();
    if (child_ == 0) stay(log_in() && dial());
    if (!wait_for_child()) GTEST_SKIP() << "this kernel or container does not allow a process to set its login uid";
    const auto peer = accepted();
    ASSERT_TRUE(peer.ok()) << peer.error().text;
    int pidfd = -1;
    socklen_t size = sizeof pidfd;
    constexpr int kPeerPidfd = 77;  // SO_PEERPIDFD
    const bool proved = ::getsockopt(accepted_.get(), SOL_SOCKET, kPeerPidfd, &pidfd, &size) == 0;
    const UniqueFd closed_at_the_end(pidfd);
    EXPECT_EQ(peer->actor, proved ? "nobody" : "root");
    EXPECT_EQ(peer->uid, 0U);
}

TEST_F(LoginTest, OfAnotherProcessThatHasThePeersIdNowIsNotTaken) {
    const pid_t connected = ::fork();
    if (connected == 0) ::_exit(dial() ? 0 : 1);
    int status = 1;
    ASSERT_EQ(::waitpid(connected, &status, 0), connected);
    ASSERT_EQ(status, 0);
    open_pipe();
    struct clone_args how {};
    pid_t id = connected;
    how.exit_signal = SIGCHLD;
    how.set_tid = reinterpret_cast<std::uint64_t>(&id);
    how.set_tid_size = 1;
    child_ = static_cast<pid_t>(::syscall(SYS_clone3, &how, sizeof how));
    if (child_ == 0) stay(log_in());
    if (child_ < 0 || !wait_for_child())
        GTEST_SKIP() << "this kernel or container does not allow a process id to be chosen";
    ASSERT_EQ(child_, connected);
    const auto peer = accepted();
    ASSERT_TRUE(peer.ok()) << peer.error().text;
    EXPECT_EQ(peer->pid, connected);
    EXPECT_EQ(peer->actor, "root");
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
    { ASSERT_TRUE(listen_at(path).ok()); }  // the socket is closed, its file remains
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

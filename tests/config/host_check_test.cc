// SPDX-License-Identifier: Apache-2.0
#include "resolver/config/host_check.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "resolver/config/listen_check.h"
#include "tests/support/certificate.h"
#include "tests/support/temporary_folder.h"

namespace cenote::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// No group and no file of a test belongs to it.
const HostUser kStranger{.name = "stranger", .uid = 4242, .groups = {4242}};
const HostUser kOwner{.name = "owner", .uid = ::geteuid(), .groups = {::getegid()}};

class HostCheckTest : public ::testing::Test {
protected:
    HostCheckTest() {
        ::chmod(folder.path().c_str(), 0755);
        std::filesystem::create_directory(folder / "net");
        write("net/udp", "");
    }
    void write(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories((folder / name).parent_path());
        std::ofstream(folder / name) << text;
        ::chmod((folder / name).c_str(), 0644);
    }
    std::vector<std::string> warnings(const std::string& main, const HostUser& user) {
        write(
            "cenote.toml",
            fmt::format("[server]\nlisten = [\"127.0.0.1:0\"]\nstate = \"s.db\"\n[control]\nsocket = \"s\"\n{}", main));
        Diagnostics read;
        const auto settings = load(folder / "cenote.toml", read);
        if (!settings) return {all_errors(read)};
        Diagnostics found;
        check_host(*settings, {user, user}, folder / "net", found);
        std::vector<std::string> texts;
        for (const auto& one : found.all()) texts.push_back(one.to_string());
        return texts;
    }

    testing_support::TemporaryFolder folder;
};

TEST_F(HostCheckTest, AHostThatFitsIsSilent) {
    write("services/a.toml", "");
    write("extra.txt", "a.example\n");
    EXPECT_THAT(warnings("[blocklist]\nset = \"x.set\"\nservices = [\"services\"]\n[[list]]\nid = \"l\"\nsource = "
                         "\"extra.txt\"\n",
                         kStranger),
                IsEmpty());
}

TEST_F(HostCheckTest, FilesThatTheUserCannotReadAreNamedWithTheCause) {
    write("directives.d/a.toml", "");
    ::chmod((folder / "directives.d/a.toml").c_str(), 0600);
    auto found = warnings("", kStranger);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_THAT(found[0], HasSubstr("the user stranger cannot read " + (folder / "directives.d/a.toml").string()));
    EXPECT_THAT(found[0], HasSubstr("has mode 0600 and belongs to"));
    EXPECT_THAT(warnings("", kOwner), IsEmpty());
    ::chmod(folder.path().c_str(), 0700);
    found = warnings("", kStranger);
    ASSERT_EQ(found.size(), 1U) << "one cause, one warning";
    EXPECT_THAT(found[0], HasSubstr(folder.path().string() + " has mode 0700"));
}

TEST_F(HostCheckTest, RightsOfOwnerGroupAndOthers) {
    write("f", "");
    const auto readable = [&](mode_t mode, const HostUser& user) {
        ::chmod((folder / "f").c_str(), mode);
        return why_unreadable(folder / "f", user).empty();
    };
    const HostUser member{.name = "member", .uid = 4243, .groups = {1, ::getegid()}};
    EXPECT_TRUE(readable(0640, member));
    EXPECT_FALSE(readable(0604, member)) << "the group's mode counts for its members";
    EXPECT_TRUE(readable(0604, kStranger));
    EXPECT_FALSE(readable(0640, kStranger));
    EXPECT_EQ(why_unreadable(folder / "missing", kStranger), "");
    std::filesystem::create_directory(folder / "d");
    ::chmod((folder / "d").c_str(), 0754);
    EXPECT_NE(why_unreadable(folder / "d", kStranger), "") << "a folder is listed and entered";
}

TEST_F(HostCheckTest, MissingFoldersAndFiles) {
    EXPECT_THAT(warnings("[blocklist]\nset = \"no/x.set\"\nservices = [\"nope\"]\npopular = \"p.txt\"\n[[list]]\nid = "
                         "\"l\"\nsource = \"none.txt\"\n[[list]]\nid = \"m\"\nsource = \"https://a.example/\"\n",
                         kOwner),
                ElementsAre(HasSubstr("8:13: warning: there is no folder " + (folder / "nope").string() + "; make it"),
                            HasSubstr("9:11: warning: there is no file " + (folder / "p.txt").string()),
                            HasSubstr("7:7: warning: there is no folder " + (folder / "no").string() + " for x.set"),
                            HasSubstr("12:10: warning: there is no file " + (folder / "none.txt").string())));
}

constexpr std::string_view kHeadings =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
constexpr std::string_view kRest = " 00000000:0000 07 00000000:00000000 00:00000000 00000000 ";

TEST(HostSockets, AreReadAsTheKernelShowsThem) {
    const auto udp = parse_host_sockets(fmt::format("{}  12: 3500007F:0035{} 101        0 17\n"
                                                    "  13: 0100007F:D431 0100007F:0035 01 0:0 00:0 0 0 0 18\n"
                                                    "nonsense\n",
                                                    kHeadings, kRest),
                                        server::Protocol::Udp);
    ASSERT_EQ(udp.size(), 1U) << "a socket with a peer takes nobody's queries";
    EXPECT_EQ(udp[0].address.to_string(), "127.0.0.53:53");
    EXPECT_EQ(udp[0].owner, 101U);
    const auto tcp = parse_host_sockets(
        fmt::format(
            "{}   0: B80D0120000000000000000001000000:0035 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0\n",
            kHeadings),
        server::Protocol::Tcp);
    ASSERT_EQ(tcp.size(), 1U);
    EXPECT_EQ(tcp[0].address.to_string(), "[2001:db8::1]:53");
}

/// Whether clients that are led to the encrypted listeners can verify them.
class DiscoveryCheckTest : public HostCheckTest {
protected:
    std::vector<std::string> found(const std::string& listen_tls, const std::string& name) {
        constexpr long kHour = 3600;
        const auto pair = test::make_certificate_pair("dns.example,IP:127.0.0.1,IP:192.0.2.53", -kHour, kHour);
        write("chain.pem", pair.chain);
        write("key.pem", pair.key);
        write(
            "cenote.toml",
            fmt::format("[server]\nlisten = [\"127.0.0.1:0\"]\nstate = \"s.db\"\nlisten_tls = [\"{}\"]\n[server.tls]\n"
                        "{}certificate = \"chain.pem\"\nkey = \"key.pem\"\n[control]\nsocket = \"s\"\n",
                        listen_tls, name.empty() ? "" : "name = \"" + name + "\"\n"));
        Diagnostics read;
        const auto settings = load(folder / "cenote.toml", read);
        if (!settings) return {all_errors(read)};
        Diagnostics diagnostics;
        check_host(*settings, {kOwner, kOwner}, folder / "net", diagnostics);
        std::vector<std::string> texts;
        for (const auto& one : diagnostics.all()) texts.push_back(one.to_string());
        return texts;
    }
};

TEST_F(DiscoveryCheckTest, ACertificateForNameAndAddressIsSilent) {
    EXPECT_THAT(found("127.0.0.1:853", "dns.example"), IsEmpty());
    EXPECT_THAT(found("192.0.2.53:853", "dns.example"), IsEmpty());
    EXPECT_THAT(found("0.0.0.0:853", "dns.example"), IsEmpty()) << "which addresses clients use is not known";
}

TEST_F(DiscoveryCheckTest, AnAddressThatTheCertificateLacksIsNamed) {
    EXPECT_THAT(found("10.0.0.53:853", "dns.example"),
                ElementsAre(HasSubstr("7:15: note: the certificate does not have the address 10.0.0.53 in its "
                                      "subjectAltName: clients that are led to DNS over TLS or HTTPS by this address "
                                      "use it without verification, or not at all")));
    EXPECT_THAT(found("[2001:db8::53]:853", "dns.example"),
                ElementsAre(HasSubstr("warning: the certificate does not have the address 2001:db8::53")));
}

TEST_F(DiscoveryCheckTest, ANameThatIsMissingOrOtherIsNamed) {
    EXPECT_THAT(found("127.0.0.1:853", ""),
                ElementsAre(HasSubstr("note: without 'name' DNS over TLS and HTTPS are not announced")));
    EXPECT_THAT(found("127.0.0.1:853", "other.example"),
                ElementsAre(HasSubstr("6:8: warning: the certificate is not for the name 'other.example'")));
}

class ListenCheckTest : public HostCheckTest {
protected:
    std::vector<std::string> found(const std::string& listen) {
        Settings settings;
        settings.control.socket = folder / "no.sock";
        Diagnostics diagnostics;
        ListenCheck(settings, 4242, diagnostics).run({{listen, {"f", 2, 3}}}, folder / "net");
        std::vector<std::string> texts;
        for (const auto& one : diagnostics.all()) texts.push_back(one.to_string());
        return texts;
    }
};

TEST_F(ListenCheckTest, AnotherProgramHasThePort) {
    write("net/udp",
          fmt::format("{}  12: 0100007F:0035{} 101 0 17\n  13: 00000000:14E9{} 4242 0 17\n", kHeadings, kRest, kRest));
    EXPECT_THAT(found("127.0.0.1"), ElementsAre(HasSubstr("f:2:3: warning: another program has UDP of 127.0.0.1:53")));
    EXPECT_THAT(found("0.0.0.0:53"), ElementsAre(HasSubstr("'ss -lnpu sport = :53'")));
    EXPECT_THAT(found("127.0.0.1:5353"), ElementsAre(HasSubstr("UDP of 0.0.0.0:5353"))) << "no daemon runs";
    EXPECT_THAT(found("127.0.0.1:5300"), IsEmpty());
}

TEST_F(ListenCheckTest, TheMachineLacksTheAddress) {
    EXPECT_THAT(found("203.0.113.7:53"), ElementsAre(HasSubstr("this machine has no address 203.0.113.7 now")));
    EXPECT_THAT(found("127.0.0.9:53"), IsEmpty());
}

}  // namespace
}  // namespace cenote::config

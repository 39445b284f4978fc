// SPDX-License-Identifier: Apache-2.0
//
// Warnings of what is read otherwise than meant; texts.d; the last configuration that was in force.
#include "tests/config/fixture.h"

namespace cenote::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(LoadTest, HintsAtWhatIsReadOtherwiseThanMeant) {
    ASSERT_TRUE(load_string(R"(
[server]
listen = ["2001:db8::1:53", "[2001:db8::2]:53"]
allow_from = ["10.0.0.0/8", "fc00::/7"]
[upstream]
servers = ["2001:db8::53", "2001:db8::53:53"]
[[group]]
id = "a"
clients = ["10.1.0.0/16"]
language = "kr"
[[directive]]
id = "d"
targets = ["domain:x.example"]
step = "restrict"
reason = { kr = "이유", xx = "?", KO = "이유" }
)"));
    EXPECT_THAT(
        texts(Diagnostic::Severity::Warning),
        ElementsAre(
            HasSubstr("3:11: warning: '2001:db8::1:53' is an address without a port; for port 53 of 2001:db8::1 "
                      "write [2001:db8::1]:53"),
            HasSubstr("3:11: warning: allow_from refuses every client that would use '2001:db8::1:53'"),
            HasSubstr("3:29: warning: allow_from refuses every client that would use '[2001:db8::2]:53'"),
            HasSubstr("6:28: warning: '2001:db8::53:53' is an address without a port"),
            HasSubstr("10:12: warning: 'kr' is the code of a country; did you mean the language 'ko'?"),
            HasSubstr("'kr' is the code of a country"), HasSubstr("'xx' is the code of no language"),
            HasSubstr("write 'KO' as 'ko'")));
}

TEST_F(LoadTest, ListenAddressesThatClientsMayUseAreSilent) {
    ASSERT_TRUE(load_string("[server]\nlisten = [\"10.0.0.53\", \"203.0.113.1\", \"[::]:53\", \"[fd00::1]:53\"]\n"));
    ASSERT_TRUE(load_string("[server]\nlisten = [\"[2001:db8::1]:53\"]\nallow_from = [\"2001:db8::/48\"]\n"));
    ASSERT_TRUE(load_string("[server]\nlisten = [\"[2001:db8::1]:53\", \"10.0.0.1\"]\nallow_from = [\"::/0\"]\n"));
    EXPECT_THAT(texts(Diagnostic::Severity::Warning), testing::IsEmpty());
    ASSERT_TRUE(load_string("[server]\nlisten = [\"10.0.0.53\"]\nallow_from = [\"fc00::/7\", \"127.0.0.0/8\"]\n"));
    EXPECT_THAT(texts(Diagnostic::Severity::Warning), ElementsAre(HasSubstr("refuses every client")));
}

TEST_F(LoadTest, FurtherLanguagesComeFromTheirFolder) {
    const std::string german = R"toml([[texts]]
language         = "de"
restricted       = "{subject} ist durch {directive} eingeschränkt"
restricted_until = "{subject} ist bis {until} durch {directive} eingeschränkt"
blocked          = "{subject} ist durch {directive} gesperrt"
blocked_until    = "{subject} ist bis {until} durch {directive} gesperrt"
reason           = ": {reason}"
ask              = "; Fragen an {contact}"
name             = "Dieser Name"
listed           = "Dieser Name (Liste {list})"
today            = "heute {time}"
)toml";
    write("cenote.toml", "");
    write("texts.d/de.toml", german);
    auto settings = load_folder();
    ASSERT_TRUE(settings) << diagnostics_.all()[0].to_string();
    ASSERT_EQ(settings->policy->phrases.size(), 1U);
    EXPECT_EQ(settings->policy->phrases[0].ask, "; Fragen an {contact}");
    EXPECT_EQ(settings->files->size(), 2U);

    write("texts.d/again.toml", german);
    write("texts.d/bad.toml", "[[texts]]\nlanguage = \"f\"\nask = \"{kontakt}\"\n");
    EXPECT_FALSE(load_folder());
    const auto errors = texts(Diagnostic::Severity::Error);
    EXPECT_THAT(errors, testing::Contains(HasSubstr("de.toml:2:20: there are two [[texts]] in 'de'; remove one")));
    EXPECT_THAT(errors, testing::Contains(HasSubstr("bad.toml:3:7: 'ask' must have {contact} once")));
    EXPECT_THAT(errors, testing::Contains(HasSubstr("bad.toml:1:1: 'today' is missing")));
}

TEST_F(LoadTest, AStoredConfigurationIsReadWithThePresentServer) {
    write("cenote.toml", "[server]\nlisten = [\"127.0.0.1:5301\"]\n[sinkhole]\nttl = \"45s\"\n");
    write("directives.d/a.toml", "[[directive]]\nid = \"a\"\ntargets = [\"domain:a.example\"]\nstep = \"block\"\n");
    const auto before = load_folder();
    ASSERT_TRUE(before);
    ASSERT_EQ(before->files->size(), 2U);

    write("cenote.toml", "[server]\nlisten = [\"127.0.0.1:5302\"]\nstate = \"s.db\"\n\n[sinkhole\nttl = \"1s\"\n");
    std::filesystem::remove(folder_ / "directives.d/a.toml");
    write("directives.d/b.toml", "[[directive]]\nid = \"b\"\n");
    EXPECT_FALSE(load_folder());
    Diagnostics found;
    const auto last = load_stored(folder_ / "cenote.toml", *before->files, found);
    ASSERT_TRUE(last) << found.all()[0].to_string();
    EXPECT_EQ(last->server.listen.front().address.port, 5302) << "sockets are those of the present file";
    EXPECT_EQ(last->policy->sinkhole.ttl, seconds{45});
    ASSERT_EQ(last->policy->directives.size(), 1U);
    EXPECT_EQ(last->policy->directives[0].id, "a");
    EXPECT_EQ(last->policy->directives[0].place.file,
              (folder_ / "directives.d/a.toml").string() + " (as it was last in force)");
    EXPECT_EQ(*last->files, *before->files);
    EXPECT_EQ(*state_path_of(folder_ / "cenote.toml"), folder_ / "s.db");

    write("cenote.toml", "[server]\nlisten = [\"127.0.0.1:5302\"\n");
    EXPECT_FALSE(load_stored(folder_ / "cenote.toml", *before->files, found)) << "[server] cannot be read";
    EXPECT_FALSE(state_path_of(folder_ / "cenote.toml").ok());
    write("cenote.toml", "[server]\nlisten = [\"nowhere\"]\n");
    EXPECT_THAT(state_path_of(folder_ / "cenote.toml").error().text, HasSubstr("2:11: 'nowhere' is not an address"));
}

TEST_F(LoadTest, AStoredConfigurationHasTheServersThatResolvConfNamedThen) {
    write("resolv.conf", "nameserver 192.0.2.53\n");
    const auto before = load_string("[upstream]\nservers = [\"system\"]\n");
    ASSERT_TRUE(before);
    ASSERT_EQ(before->files->size(), 1U);
    EXPECT_EQ(before->files->front().path, (folder_ / "resolv.conf").string());
    EXPECT_EQ(before->files->front().text, "nameserver 192.0.2.53\n");
}

}  // namespace
}  // namespace cenote::config

// SPDX-License-Identifier: Apache-2.0
//
// docs/CONFIG.md, of which cenote.toml(5) is made, against the code: the reference loads, and no key that the code
// reads is missing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "resolver/base/fd.h"
#include "resolver/config/sections.h"
#include "resolver/policy/policy.h"
#include "tests/support/places.h"

namespace cenote::config {
namespace {

const Path kSource = testing_support::source_folder();

std::string content_of(const Path& path) {
    auto text = read_file(path, 1U << 20);
    EXPECT_TRUE(text.ok()) << text.error().text;
    return text.ok() ? *text : std::string{};
}

/// The block that begins with ```toml KIND.
std::string block(const std::string& document, const std::string& kind) {
    const std::string opening = "```toml " + kind + "\n";
    const auto begin = document.find(opening);
    EXPECT_NE(begin, std::string::npos) << kind;
    if (begin == std::string::npos) return {};
    const auto from = begin + opening.size();
    return document.substr(from, document.find("```", from) - from);
}

std::optional<Settings> load_block(const std::string& text, Diagnostics& diagnostics) {
    const HostInfo host_info{.host_name = "dns1", .resolv_conf = "/nonexistent"};
    return load_text(text, "CONFIG.md", host_info, diagnostics);
}

TEST(Reference, Loads) {
    Diagnostics diagnostics;
    const auto settings = load_block(block(content_of(kSource / "docs/CONFIG.md"), "reference"), diagnostics);
    for (const auto& one : diagnostics.all()) EXPECT_NE(one.severity, Diagnostic::Severity::Error) << one.to_string();
    ASSERT_TRUE(settings.has_value());
    policy::Policy::check(*settings->policy, nullptr, diagnostics);
    EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.all().back().to_string();
}

TEST(Reference, ShowsTheDefaults) {
    Diagnostics diagnostics;
    const auto shown = load_block(block(content_of(kSource / "docs/CONFIG.md"), "reference"), diagnostics);
    const auto defaults = load_block("", diagnostics);
    ASSERT_TRUE(shown.has_value());
    ASSERT_TRUE(defaults.has_value());
    EXPECT_EQ(shown->node, defaults->node);
    EXPECT_EQ(shown->state, defaults->state);
    EXPECT_EQ(shown->without_set, defaults->without_set);
    EXPECT_EQ(shown->allow_from, defaults->allow_from);
    EXPECT_EQ(shown->server, defaults->server);
    EXPECT_EQ(shown->rate, defaults->rate);
    EXPECT_EQ(shown->cookies, defaults->cookies);
    EXPECT_EQ(shown->cookie_secrets, defaults->cookie_secrets);
    EXPECT_EQ(shown->require_cookies, defaults->require_cookies);
    auto control = shown->control;
    EXPECT_EQ(control.published_in, "/var/lib/cenote");  // the defaults have no set, and so no such folder
    control.published_in.clear();
    EXPECT_EQ(control, defaults->control);
    EXPECT_EQ(shown->cache, defaults->cache);
    EXPECT_TRUE(shown->web.listen.empty() && defaults->web.listen.empty());
    EXPECT_EQ(shown->web.metrics, defaults->web.metrics);
    EXPECT_EQ(shown->upstream.servers, defaults->upstream.servers);
    EXPECT_EQ(shown->upstream.strategy, defaults->upstream.strategy);
    EXPECT_EQ(shown->upstream.timeout, defaults->upstream.timeout);
    EXPECT_EQ(shown->policy->sinkhole.answer, defaults->policy->sinkhole.answer);
    EXPECT_EQ(shown->policy->sinkhole.ttl, defaults->policy->sinkhole.ttl);
    EXPECT_EQ(shown->policy->sinkhole.txt_reason, defaults->policy->sinkhole.txt_reason);
    ASSERT_EQ(shown->lists.size(), 2U);
    EXPECT_EQ(shown->lists[0].format, ListSettings{}.format);
    EXPECT_EQ(shown->lists[0].max_age, ListSettings{}.max_age);
    ASSERT_EQ(shown->policy->directives.size(), 1U);
    EXPECT_EQ(shown->policy->directives[0].layer, policy::Directive{}.layer);
    EXPECT_EQ(shown->policy->directives[0].before, policy::Directive{}.before);
    ASSERT_EQ(shown->local.size(), 1U);
    EXPECT_EQ(shown->local[0].ttl_s, engine::LocalRecord{}.ttl_s);
}

/// Every key that the code reads.
std::set<std::string> keys_read() {
    // A key is the only text in a call or follows the table that is asked: table.text("key"), read_word(*table,
    // "key".
    const std::regex call(R"(\(\s*(?:\*?[a-z_]+,\s*)?"([a-z][a-z0-9_]*)\")");
    std::set<std::string> keys;
    for (const auto& [folder, readers] : {std::pair{"resolver/config", "section"}, {"resolver/rules", "_table"}})
        for (const auto& entry : std::filesystem::directory_iterator(kSource / folder)) {
            const std::string name = entry.path().filename().string();
            if (name.find(readers) == std::string::npos || entry.path().extension() != ".cc") continue;
            const std::string code = content_of(entry.path());
            for (std::sregex_iterator match(code.begin(), code.end(), call), end; match != end; ++match)
                keys.insert((*match)[1].str());
        }
    EXPECT_GT(keys.size(), 60U);  // the expression still finds them
    return keys;
}

TEST(Reference, TheTextsLoad) {
    Diagnostics diagnostics;
    const HostInfo host_info{.host_name = "dns1", .resolv_conf = "/nonexistent"};
    Draft draft(host_info, diagnostics);
    const auto file = TomlFile::parse(block(content_of(kSource / "docs/CONFIG.md"), "texts"), "CONFIG.md", diagnostics);
    ASSERT_TRUE(file.has_value());
    read_texts(file->root(), draft);
    file->finish();
    EXPECT_TRUE(diagnostics.all().empty()) << diagnostics.all().front().to_string();
    ASSERT_EQ(draft.policy.phrases.size(), 1U);
}

TEST(Reference, TheIdentitiesLoadWhereTheFileOfTokensIsThere) {
    Diagnostics diagnostics;
    EXPECT_FALSE(load_block(block(content_of(kSource / "docs/CONFIG.md"), "identities"), diagnostics).has_value());
    for (const auto& one : diagnostics.all())
        if (one.severity == Diagnostic::Severity::Error) {
            EXPECT_THAT(one.text, testing::HasSubstr("/etc/cenote/lab.tokens"));
        }
}

TEST(Reference, NoKeyIsMissing) {
    const std::string document = content_of(kSource / "docs/CONFIG.md");
    const std::string shown = block(document, "reference") + block(document, "zones") + block(document, "texts") +
                              block(document, "identities");
    for (const auto& key : keys_read())
        EXPECT_TRUE(std::regex_search(shown, std::regex("(^|[\\s\\[.{,])" + key + "(\\s*=|\\])"))) << key;
}

}  // namespace
}  // namespace cenote::config

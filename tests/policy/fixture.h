// SPDX-License-Identifier: Apache-2.0
//
// A small catalogue, and short ways to write a policy.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "resolver/base/time_text.h"
#include "resolver/domainset/writer.h"
#include "resolver/policy/policy.h"

namespace cenote::policy::testing {

inline wire::Name name(std::string_view text) { return wire::Name::parse(text).value(); }
inline IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }
inline Prefix prefix(std::string_view text) { return Prefix::parse(text).value(); }
inline Target target(std::string_view text) { return parse_target(text).value(); }
inline WallTime time(std::string_view text) { return parse_time(text).value(); }
inline const WallTime kNow = time("2026-03-02T12:00:00Z");  // a Monday

inline domainset::Source service(std::string id, std::string vendor, std::string jurisdiction,
                                 std::vector<std::string> categories) {
    domainset::Source source;
    source.kind = domainset::SourceKind::Service;
    source.name = id;
    source.name.front() = static_cast<char>(source.name.front() - 'a' + 'A');
    source.id = std::move(id);
    source.vendor = std::move(vendor);
    source.jurisdiction = std::move(jurisdiction);
    source.categories = std::move(categories);
    return source;
}

/// deepseek (CN, chat api), openai with roles and a strict host, companion (off by default), relay (bypass), and the
/// list extra with an exception below one of its names.
inline std::shared_ptr<const domainset::DomainSet> catalogue() {
    using domainset::MatchKind;
    using domainset::Role;
    domainset::DomainSetWriter writer(std::chrono::sys_seconds{}, 7);
    auto deepseek = service("deepseek", "DeepSeek", "CN", {"chat", "api"});
    deepseek.name = "DeepSeek";
    const auto deep = writer.add_source(deepseek);
    auto openai = service("openai", "OpenAI", "US", {"chat", "api"});
    openai.aliases = {"chatgpt"};
    openai.shared_names = {"auth0.com", "cdn.shared.net"};
    const auto open = writer.add_source(openai);
    auto companion = service("companion", "Soul GmbH", "DE", {"companion"});
    companion.by_default = false;
    const auto soul = writer.add_source(companion);
    auto relay = service("relay", "Apple", "US", {"bypass"});
    relay.by_default = false;
    const auto mask = writer.add_source(relay);
    domainset::Source extra;
    extra.id = "extra";
    extra.format = "adblock";
    const auto list = writer.add_source(extra);

    const auto add = [&](std::string_view text, std::uint32_t source, Role role, bool strict) {
        writer.add(name(text), {.source = source, .role = role, .strict = strict}, MatchKind::Suffix);
    };
    add("deepseek.com", deep, Role::Web, false);
    add("openai.com", open, Role::Web, false);
    add("api.openai.com", open, Role::Api, false);
    add("turn.livekit.cloud", open, Role::App, true);
    add("soul.example", soul, Role::Web, false);
    add("mask.icloud.com", mask, Role::Api, false);
    add("bad.example", list, Role::Web, false);
    add("chat.deepseek.com", list, Role::Web, false);
    writer.add_exception(name("good.bad.example"), list, MatchKind::Suffix);
    return std::make_shared<const domainset::DomainSet>(
        domainset::DomainSet::from_bytes(writer.finish().value()).value());
}

inline Directive directive(std::string id, Step step, std::vector<std::string_view> targets) {
    Directive made;
    made.id = std::move(id);
    made.step = step;
    for (const auto text : targets) made.targets.push_back(target(text));
    return made;
}

inline Group group(std::string id, std::vector<std::string_view> clients) {
    Group made;
    made.id = std::move(id);
    for (const auto text : clients) made.clients.push_back(prefix(text));
    return made;
}

inline Allow allow(std::vector<std::string_view> domains, std::vector<std::string> groups) {
    Allow made;
    for (const auto text : domains) made.domains.push_back(name(text));
    made.groups = std::move(groups);
    return made;
}

inline std::shared_ptr<const Policy> build(const Options& options, WallTime at) {
    auto built = Policy::build(std::make_shared<const Options>(options), catalogue(), 17, at);
    return built.ok() ? *built : nullptr;
}

inline const Cell& judged(const Policy& policy, std::string_view client, std::string_view asked) {
    return policy.cell(policy.judge(policy.classify(ip(client)), policy.match(name(asked))));
}

}  // namespace cenote::policy::testing

// SPDX-License-Identifier: Apache-2.0
//
// A policy as written: groups, directives, allows, exceptions, the sinkhole answer; and its words from and to text.
//
// Threads:  plain values. Control plane.
// Memory:   owns its texts.
// Failure:  parsing gives an Error that shows how to write it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/clock.h"
#include "resolver/base/diagnostics.h"
#include "resolver/base/result.h"
#include "resolver/policy/access_token.h"
#include "resolver/policy/verdict.h"
#include "resolver/telemetry/event.h"
#include "resolver/wire/name.h"

namespace cenote::policy {

struct SinkholeOptions {
    AnswerMode answer = AnswerMode::Null;
    std::optional<IpAddress> ipv4;
    std::optional<IpAddress> ipv6;
    std::optional<wire::Name> cname;
    seconds ttl{30};
    bool txt_reason = true;

    friend bool operator==(const SinkholeOptions&, const SinkholeOptions&) = default;
};

struct Group {
    std::string id;
    std::string name;
    std::vector<Prefix> clients;
    std::vector<std::string> certificates;   // patterns for names of client certificates (certificate_name.h)
    std::string tokens;                      // file with tokens for paths of DNS over HTTPS; empty: none
    std::vector<TokenDigest> token_digests;  // of those in the file; in no document
    std::string language;                    // RFC 5646; empty: "en"
    std::optional<AnswerMode> answer;
    std::uint64_t expected = 0;  // clients; 0: unknown. No verdict depends on it, and it is in no policy document
    SourcePlace place;
    SourcePlace tokens_place;

    /// Whether clients come into it by what they prove, wherever they are.
    [[nodiscard]] bool has_identities() const noexcept { return !certificates.empty() || !tokens.empty(); }
};

/// Whether all clients of `inner` are clients of `outer`, too.
[[nodiscard]] inline bool lies_within(const Group& inner, const Group& outer) {
    return !inner.has_identities() && std::ranges::all_of(inner.clients, [&outer](const Prefix& clients) {
        return std::ranges::any_of(outer.clients, [&](const Prefix& wider) { return wider.contains(clients); });
    });
}

/// One target of a directive, as written.
struct Target {
    enum class Kind : std::uint8_t { Service, Category, Vendor, Jurisdiction, List, Domain, Address, AllServices };
    Kind kind = Kind::Service;
    std::string value;  // id, category, vendor, jurisdiction, list id, name, prefix text; empty for AllServices
    std::optional<wire::Name> domain;  // Domain only
    std::string note;                  // Domain only: what was removed from the text as typed; empty: nothing
    SourcePlace place;
};

/// Weekly hours, in the directive's time zone.
struct Hours {
    std::array<bool, 7> days{};      // Monday first
    std::uint16_t from_minute = 0;   // minute of the day, local time
    std::uint16_t to_minute = 1440;  // later than `from`; an earlier one is on the next day
};

/// A directive has this step from `at` on.
struct PlannedStep {
    WallTime at{};
    Step step = Step::Observe;
};

/// Where keys of a directive stand, for mistakes in them.
struct DirectivePlaces {
    SourcePlace roles;
    SourcePlace groups;
    SourcePlace timezone;
    SourcePlace contact;
    SourcePlace reason;
};

struct Directive {
    std::string id;
    std::string title;
    std::string issuer;
    std::string basis;
    std::string mandated_by;  // not empty: EDE 16 instead of 15
    std::vector<Target> targets;
    std::vector<std::string> roles;  // empty: all
    bool strict = false;
    std::vector<std::string> groups;  // empty: everyone
    Step step = Step::Observe;
    Layer layer = Layer::Site;
    std::vector<PlannedStep> planned;  // in the order of their times
    Step before = Step::Observe;       // its step until it starts; None for "nothing"
    std::optional<WallTime> starts;
    std::optional<WallTime> ends;
    std::optional<WallTime> review;
    std::optional<Hours> hours;
    std::string timezone;
    std::vector<std::string> contact;
    std::vector<std::pair<std::string, std::string>> reason;  // language, text
    std::optional<AnswerMode> answer;
    std::optional<milliseconds> exceptions_max;
    std::optional<telemetry::IdentityLevel>
        identity;  // what of a client its hits keep, if that is less than the site's
    SourcePlace place;
    DirectivePlaces places;
};

struct Allow {
    std::string id;  // empty: none, as in a file
    std::vector<wire::Name> domains;
    std::vector<std::string> groups;  // empty: everyone
    std::string reason;
    std::optional<WallTime> ends;
    SourcePlace place;
    SourcePlace groups_place;
};

/// Waives a directive for some clients, as long as that directive is at step restrict.
struct Exception {
    std::string id;
    std::string directive;
    std::optional<Prefix> client;  // either these clients,
    std::string group;             // or this group
    WallTime ends{};
};

/// A [[list]] of the configuration; the set may not contain it yet.
struct ListName {
    std::string id;
    SourcePlace place;
};

/// The words of sinkhole answers in one language. Words in braces are replaced: {subject}, {directive}, {until}…
struct Phrases {
    std::string language;          // RFC 5646
    std::string restricted;        // "{subject} is restricted by directive {directive}"
    std::string restricted_until;  // the same with {until}
    std::string blocked;
    std::string blocked_until;
    std::string reason;  // ": {reason}"
    std::string ask;     // "; ask {contact}"
    std::string name;    // the subject where no service is known: "This name"
    std::string listed;  // the same for a name of a list: "This name (list {list})"
    std::string today;   // an end on the present day: "{time} today"
};

struct Options {
    SinkholeOptions sinkhole;
    std::string node;              // MNAME of the SOA in sinkhole answers
    std::string timezone;          // of the times in answers; empty: each directive's own
    std::vector<Phrases> phrases;  // beside those that are built in
    std::vector<Group> groups;
    std::vector<Directive> directives;
    std::vector<Allow> allows;
    std::vector<Exception> exceptions;        // granted; one whose directive or group is gone has no effect
    std::optional<WallTime> suspended_until;  // until then every step is observe at most
    std::string suspension;                   // its id; empty: there is none
    std::vector<ListName> lists;
    std::vector<wire::Name> unsinkholable;  // names under protect, [[local]] names, zones with a route: never sinkholed
};

/// "service:deepseek", "domain:example.ai", "service:*"; errors list the kinds. A domain is read as people type names
/// (wire/typed_name.h); what was removed from it becomes the target's note.
[[nodiscard]] Result<Target> parse_target(std::string_view text);
[[nodiscard]] std::string target_to_text(const Target& target);
/// "mon-fri 08:00-19:00".
[[nodiscard]] Result<Hours> parse_hours(std::string_view text);
[[nodiscard]] std::string hours_to_text(const Hours& hours);

/// nullptr: there is none with this id.
[[nodiscard]] inline const Directive* find_directive(const Options& options, std::string_view id) noexcept {
    const auto found = std::ranges::find(options.directives, id, &Directive::id);
    return found == options.directives.end() ? nullptr : &*found;
}

}  // namespace cenote::policy

// SPDX-License-Identifier: Apache-2.0
//
// Which rule wins: groups, directives and allows, worked out beforehand into one table.
//
// A client class is the set of groups that an address falls into; the table (class x tag-set -> cell) is built
// whenever policy or the clock moves on, so that a decision is one suffix walk and one table load for each set
// in the row. A cell leads to everything an answer needs, ready for the wire.
//
// Threads:  built once, immutable, read by any thread. classify(), match(), judge(), cell() are data plane.
// Time:     build() is given the time it works for; next_edge() says when it must be built anew.
// Memory:   the table: classes x tag-sets x 4 bytes, equal rows shared; the sets are shared with other builds.
// Failure:  check() and build() name every mistake with its place; a Policy that exists is whole.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resolver/base/toml.h"
#include "resolver/domainset/domain_set.h"
#include "resolver/policy/options.h"
#include "resolver/wire/types.h"

namespace cenote::policy {

/// Sets in a row: the mapped base, then the overlay of names that policy itself brings (`domain:` targets, allows).
inline constexpr std::size_t kSetsMax = 2;

using ClientClass = std::uint32_t;
inline constexpr domainset::TagSetId kNoTags = 0xffffffff;  // no entry of a set holds for the name

/// Which entry of each set holds for a name.
struct Match {
    std::array<domainset::TagSetId, kSetsMax> tags{kNoTags, kNoTags};
    std::array<std::uint8_t, kSetsMax> labels{};  // of the deepest entry in each set
};

/// Everything that the answers of one verdict share. Texts live as long as the Policy.
struct Cell {
    Step step = Step::None;
    bool allowed = false;          // an allow holds here; it beats every step below block
    bool keep_open_below = false;  // something below the entry stays open: NODATA instead of NXDOMAIN (RFC 8020 §2),
                                   // and DNSSEC and zone data of the name are forwarded
    AnswerMode answer = AnswerMode::Null;
    wire::EdeCode ede = wire::EdeCode::Blocked;
    std::uint32_t service = kNone;    // index into sources() of the base set: the service or list that was hit
    std::uint32_t directive = kNone;  // index into directives()
    std::uint32_t exception = kNone;  // index into exceptions(): it opened the name, and `directive` is what it waived
    std::uint32_t ttl_s = 30;
    std::string_view text;              // EXTRA-TEXT, one sentence for a person
    std::string_view structured;        // I-JSON for a client that asked for it (option 26), code 15, 16 or 17
    std::string_view structured_short;  // the same without `j` and `o`
    ByteView soa_rdata;                 // of a negative answer, MINIMUM included
    ByteView txt_rdata;                 // the explaining TXT; empty: none
    ByteView ipv4;                      // rdata for the mode, empty: NODATA
    ByteView ipv6;
    ByteView cname;

    static constexpr std::uint32_t kNone = 0xffffffff;
    [[nodiscard]] bool blocks() const noexcept { return step >= Step::Restrict && !(allowed && step < Step::Block); }
};

/// A small value; cell() leads to the details.
struct Verdict {
    std::uint32_t cell = 0;   // 0: nothing holds
    std::uint8_t labels = 0;  // of the entry that holds: the owner of our SOA
};

/// One step of an explanation, in the order the comparator took them.
struct ExplainStep {
    std::string text;
};
struct Explanation {
    std::string verdict;              // forward observe advise restrict block allow exception local
    std::vector<std::string> groups;  // narrowest first
    std::string service;              // id, empty: none
    std::string service_name;
    std::string list;
    std::string directive;
    std::string exception;
    std::string matched;  // the entry's name
    std::string answer;   // "null, 30 s"
    std::optional<WallTime> until;
    std::vector<ExplainStep> steps;
    std::optional<WallTime> changes;  // when the clock brings another verdict, if nobody does before
    std::string next_verdict;         // and which
};

enum class DirectiveState : std::uint8_t { Planned, InForce, Lapsed };

class Policy {
public:
    /// Finds every mistake of meaning: unknown services (with the nearest name), lists, groups, an end before a
    /// start, an id twice, a target that may not be sinkholed; notes where directives of different steps meet.
    static void check(const Options& options, const domainset::DomainSet* base, Diagnostics& diagnostics);
    /// The policy in force at `at`. Mistakes in what is written give an error. What hangs on the content of a set (an
    /// allow under a block, a shared name) is check()'s to refuse; here the comparator decides.
    static Result<std::shared_ptr<const Policy>> build(std::shared_ptr<const Options> options,
                                                       std::shared_ptr<const domainset::DomainSet> base,
                                                       std::uint32_t version, WallTime at);
    ~Policy();

    [[nodiscard]] ClientClass classify(const IpAddress& client) const noexcept;
    [[nodiscard]] Match match(const wire::Name& name) const noexcept;
    /// The same in the steps of a DomainSet, for whoever has several names at hand.
    void hash(const wire::Name& name, domainset::NameHashes& hashes) const noexcept;
    void prefetch_groups(const wire::Name& name, const domainset::NameHashes& hashes) const noexcept;
    void prefetch_record(const wire::Name& name, const domainset::NameHashes& hashes) const noexcept;
    [[nodiscard]] Match match(const wire::Name& name, const domainset::NameHashes& hashes) const noexcept;
    /// An address that an answer reveals; for judge_link().
    [[nodiscard]] Match match(const IpAddress& revealed) const noexcept;
    [[nodiscard]] Verdict judge(ClientClass client, const Match& match) const noexcept;
    /// `link` is what an answer reveals about the name that got `asked`: the stricter one, unless `asked` was opened
    /// by an allow, which ends the check for steps below block.
    [[nodiscard]] Verdict judge_link(ClientClass client, const Verdict& asked, const Match& link) const noexcept;
    [[nodiscard]] const Cell& cell(const Verdict& verdict) const noexcept;
    /// Changes whenever tag-sets may mean something else: what a cache entry's links were worked out for.
    [[nodiscard]] std::uint64_t sets_generation() const noexcept;

    [[nodiscard]] std::uint32_t version() const noexcept;
    [[nodiscard]] std::optional<WallTime> next_edge() const noexcept;
    [[nodiscard]] const Options& options() const noexcept;
    [[nodiscard]] const domainset::DomainSet* base() const noexcept;
    [[nodiscard]] const std::shared_ptr<const domainset::DomainSet>& shared_base() const noexcept;
    /// classify() gives numbers below it.
    [[nodiscard]] std::uint32_t class_count() const noexcept;
    /// The group that reports and language go by: that of the longest prefix; empty: none.
    [[nodiscard]] std::string_view group_of(ClientClass client) const noexcept;
    /// Of Cell::directive and Cell::service; empty for kNone.
    [[nodiscard]] std::string_view directive_id(std::uint32_t directive) const noexcept;
    [[nodiscard]] std::string_view service_id(std::uint32_t source) const noexcept;
    [[nodiscard]] DirectiveState state_of(std::uint32_t directive) const noexcept;
    /// What it does at the moment; None outside its hours.
    [[nodiscard]] Step step_of(std::uint32_t directive) const noexcept;
    /// What a directive takes of the base set: services and lists, each with the target that does.
    struct Taken {
        std::uint32_t source = 0;  // index into sources()
        std::string target;
    };
    [[nodiscard]] std::vector<Taken> takes(std::uint32_t directive) const;
    /// How many names of each source that are; a walk over the whole set.
    [[nodiscard]] std::vector<std::uint64_t> names_taken(std::uint32_t directive) const;
    /// Whether the clock lets it open anything now.
    [[nodiscard]] bool in_force(std::uint32_t exception) const noexcept;
    /// The verdict of judge(), worked out anew by the rules and told step by step; and what comes next.
    [[nodiscard]] Explanation explain(const IpAddress& client, const wire::Name& name) const;

private:
    struct State;
    explicit Policy(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// A way around this resolver: DNS over HTTPS elsewhere, a relay, a browser's own.
[[nodiscard]] bool is_bypass(const domainset::Source& source) noexcept;
/// Step::None is "nothing".
[[nodiscard]] std::string_view step_to_text(Step step) noexcept;
[[nodiscard]] std::optional<Step> parse_step(std::string_view text) noexcept;
[[nodiscard]] std::string_view answer_mode_to_text(AnswerMode mode) noexcept;
[[nodiscard]] std::optional<AnswerMode> parse_answer_mode(std::string_view text) noexcept;
[[nodiscard]] std::string_view layer_to_text(Layer layer) noexcept;
[[nodiscard]] std::optional<Layer> parse_layer(std::string_view text) noexcept;
/// "service:deepseek", "domain:example.ai", "service:*"; errors say what kinds there are. Names as people type them
/// (wire/typed_name.h): what was taken off one is the target's note.
[[nodiscard]] Result<Target> parse_target(std::string_view text);
[[nodiscard]] std::string target_to_text(const Target& target);
/// "mon-fri 08:00-19:00".
[[nodiscard]] Result<Hours> parse_hours(std::string_view text);
[[nodiscard]] std::string hours_to_text(const Hours& hours);

}  // namespace cenote::policy

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

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resolver/base/diagnostics.h"
#include "resolver/domainset/domain_set.h"
#include "resolver/policy/explanation.h"
#include "resolver/policy/options.h"
#include "resolver/policy/verdict.h"

namespace cenote::policy {

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
    /// The same as build(). Of the same options over the same set (the same objects, not equal ones) only what depends
    /// on the time is worked out again; the rest is shared with `before`. This is what a calendar edge needs.
    static Result<std::shared_ptr<const Policy>> rebuild(const Policy& before, std::shared_ptr<const Options> options,
                                                         std::shared_ptr<const domainset::DomainSet> base,
                                                         std::uint32_t version, WallTime at);
    ~Policy();

    [[nodiscard]] ClientClass classify(const IpAddress& client) const noexcept;
    [[nodiscard]] Match match(const wire::Name& name) const noexcept;
    /// The same in the steps of a DomainSet, for whoever has several names at hand.
    void hash(const wire::Name& name, domainset::NameHashes& hashes) const noexcept;
    void touch_groups(const wire::Name& name, const domainset::NameHashes& hashes) const noexcept;
    void touch_record(const wire::Name& name, const domainset::NameHashes& hashes) const noexcept;
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
    struct Timeless;
    struct State;
    explicit Policy(std::unique_ptr<State> state);
    static Result<std::shared_ptr<const Timeless>> prepare(std::shared_ptr<const Options> options,
                                                           std::shared_ptr<const domainset::DomainSet> base);
    static Result<std::shared_ptr<const Policy>> put_together(std::shared_ptr<const Timeless> timeless,
                                                              std::uint32_t version, WallTime at);
    std::unique_ptr<State> state_;
};

/// Whether a service is a way around this resolver: DNS over HTTPS elsewhere, a relay, the resolver of a browser.
[[nodiscard]] bool is_bypass(const domainset::Source& source) noexcept;

}  // namespace cenote::policy

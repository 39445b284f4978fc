// SPDX-License-Identifier: Apache-2.0
//
// Which rule wins: groups, directives, allows and exceptions, compiled into one table.
//
// A client class is the set of groups that an address belongs to. The table (class x source set -> cell) is built when
// the policy changes and at every calendar edge, so that a decision is one suffix walk and one table load for each of
// the two sets. A cell has everything that an answer needs, in wire format.
//
// Threads:  built once, immutable, read by any thread. classify(), match(), judge(), cell() are data plane.
// Time:     the caller passes the time that the policy is built for; next_edge() is when it must be built again.
// Memory:   the table: classes x source sets x 4 bytes, equal rows shared; sets are shared with other builds.
// Failure:  check() reports every mistake with its place, build() gives the first; a Policy that exists is valid.
#pragma once

#include <cstdint>
#include <memory>

#include "resolver/base/diagnostics.h"
#include "resolver/domainset/domain_set.h"
#include "resolver/policy/explanation.h"
#include "resolver/policy/options.h"
#include "resolver/policy/overview.h"
#include "resolver/policy/verdict.h"

namespace cenote::policy {

struct Timeless;

class Policy : public PolicyOverview {
public:
    /// Reports every mistake in meaning: unknown services (with the nearest name), lists and groups, an end before a
    /// start, an id used twice, a target that must not be sinkholed; notes where a stricter directive wins.
    static void check(const Options& options, const domainset::DomainSet* base, Diagnostics& diagnostics);
    /// The policy in force at `at`. Mistakes in the policy itself give an error. Conflicts that depend on the content
    /// of the set (an allow under a block, a shared name) are reported by check() only; here the comparator decides.
    static Result<std::shared_ptr<const Policy>> build(std::shared_ptr<const Options> options,
                                                       std::shared_ptr<const domainset::DomainSet> base,
                                                       std::uint32_t version, WallTime at);
    /// The same as build(), with the numbers of the identities of `before`. Of the same options over the same set (the
    /// same objects, not equal ones) only what depends on the time is worked out again; the rest is shared with
    /// `before`. This is what a calendar edge needs.
    static Result<std::shared_ptr<const Policy>> rebuild(const Policy& before, std::shared_ptr<const Options> options,
                                                         std::shared_ptr<const domainset::DomainSet> base,
                                                         std::uint32_t version, WallTime at);

    [[nodiscard]] ClientClass classify(const IpAddress& client) const noexcept;
    /// The class with the groups of an identity beside those of the address.
    [[nodiscard]] ClientClass classify(const IpAddress& client, Identity identity) const noexcept;
    [[nodiscard]] Match match(const wire::Name& name) const noexcept;
    /// match() in the parts of DomainSet, for callers that look up several names at once.
    void hash(const wire::Name& name, domainset::NameHashes& hashes) const noexcept;
    void prefetch_groups(const wire::Name& name, const domainset::NameHashes& hashes) const noexcept;
    void prefetch_record(const wire::Name& name, const domainset::NameHashes& hashes) const noexcept;
    [[nodiscard]] Match match(const wire::Name& name, const domainset::NameHashes& hashes) const noexcept;
    /// The match of an address that an answer reveals, for judge_link().
    [[nodiscard]] Match match(const IpAddress& revealed) const noexcept;
    [[nodiscard]] Verdict judge(ClientClass client, const Match& match) const noexcept;
    /// The stricter of `asked`, the verdict of QNAME, and the verdict of `link`, a name or address that the
    /// answer reveals. Where an allow opened one of them, steps below block of the link do not count.
    [[nodiscard]] Verdict judge_link(ClientClass client, const Verdict& asked, const Match& link) const noexcept;
    [[nodiscard]] const Cell& cell(const Verdict& verdict) const noexcept;
    /// Changes whenever source sets may have another meaning. A cache entry keeps the generation of its links.
    [[nodiscard]] std::uint64_t sets_generation() const noexcept;
    /// The verdict of judge(), evaluated again rule by rule with a sentence for each, and the next change. `holder`:
    /// what the client has proved beside its address; nullptr: nothing.
    [[nodiscard]] Explanation explain(const IpAddress& client, const wire::Name& name,
                                      const Holder* holder = nullptr) const;

private:
    explicit Policy(std::unique_ptr<const PolicyState> state) noexcept;
    static Result<std::shared_ptr<const Policy>> at_time(std::shared_ptr<const Timeless> timeless,
                                                         std::uint32_t version, WallTime at);
};

/// Whether a service is a way around this resolver: DNS over HTTPS elsewhere, a relay, the resolver of a browser.
[[nodiscard]] bool is_bypass(const domainset::Source& source) noexcept;

}  // namespace cenote::policy

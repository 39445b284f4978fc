// SPDX-License-Identifier: Apache-2.0
//
// What a policy consists of, for answers to people, for reports and for the audit: its options and set, the state of
// its directives and exceptions, and what they match. Policy (policy.h) adds the decisions.
//
// Threads:  immutable, read by any thread. The ids and group_of() are data plane, everything else is control plane.
// Memory:   shared with the Policy.
// Failure:  none.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/domainset/domain_set.h"
#include "resolver/policy/identities.h"
#include "resolver/policy/options.h"
#include "resolver/policy/verdict.h"

namespace cenote::policy {

struct PolicyState;

class PolicyOverview {
public:
    [[nodiscard]] std::uint32_t version() const noexcept;
    [[nodiscard]] std::optional<WallTime> next_edge() const noexcept;
    [[nodiscard]] const Options& options() const noexcept;
    [[nodiscard]] const domainset::DomainSet* base() const noexcept;
    [[nodiscard]] const std::shared_ptr<const domainset::DomainSet>& shared_base() const noexcept;
    /// classify() gives numbers below this one.
    [[nodiscard]] std::uint32_t class_count() const noexcept;
    /// Verdict::cell is below this number.
    [[nodiscard]] std::uint32_t cell_count() const noexcept;
    /// The nearest group (longest prefix), for reports and language; empty: none.
    [[nodiscard]] std::string_view group_of(ClientClass client) const noexcept;
    /// Who has which identity, and the classes that come from it.
    [[nodiscard]] const Identities& identities() const noexcept;
    /// Classes below this number are by address alone.
    [[nodiscard]] std::uint32_t address_class_count() const noexcept;
    /// The identity of a class: "certificate lab"; empty: none.
    [[nodiscard]] std::string_view identity_of(ClientClass client) const noexcept;
    /// The id for Cell::directive and Cell::service; empty for kNone.
    [[nodiscard]] std::string_view directive_id(std::uint32_t directive) const noexcept;
    [[nodiscard]] std::string_view service_id(std::uint32_t source) const noexcept;
    [[nodiscard]] DirectiveState state_of(std::uint32_t directive) const noexcept;
    /// Its present step; None outside its hours.
    [[nodiscard]] Step step_of(std::uint32_t directive) const noexcept;
    /// The step that the calendar brings next, and when; nullopt: none.
    struct NextStep {
        WallTime at{};
        Step step = Step::None;
    };
    [[nodiscard]] std::optional<NextStep> next_step_of(std::uint32_t directive) const;
    /// Whether a suspension is in force.
    [[nodiscard]] bool suspended() const noexcept;
    /// A service or list of the base set that a directive matches, and the target by which it does.
    struct Taken {
        std::uint32_t source = 0;  // index into sources()
        std::string target;
    };
    [[nodiscard]] std::vector<Taken> takes(std::uint32_t directive) const;
    /// How many names of each source a directive matches; walks the whole set.
    [[nodiscard]] std::vector<std::uint64_t> names_taken(std::uint32_t directive) const;
    /// Whether an exception has an effect now.
    [[nodiscard]] bool in_force(std::uint32_t exception) const noexcept;

protected:
    explicit PolicyOverview(std::unique_ptr<const PolicyState> state) noexcept;
    ~PolicyOverview();
    std::unique_ptr<const PolicyState> state_;
};

}  // namespace cenote::policy

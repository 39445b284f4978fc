// SPDX-License-Identifier: Apache-2.0
//
// What is asked to prove a directive, and the answer that each query is expected to have: the checks of matrix.h for
// each name that its targets take and for a name below it, and the controls, which must resolve.
//
// The policy is the one that the daemon has in force. What it says of a name is the same for the whole class of the
// client that asks, so a Plan serves all nodes, and a Cursor walks it for each of them.
//
// Threads:  built once, then read by any thread; a Cursor belongs to one.
// Time:     that of the policy.
// Memory:   that of TargetNames.
// Failure:  make() gives the Error of TargetNames.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "resolver/engine/local_names.h"
#include "resolver/proof/judgement.h"
#include "resolver/proof/matrix.h"
#include "resolver/proof/target_names.h"

namespace cenote::proof {

/// One question, to one node over one transport.
struct Check {
    enum class Of : std::uint8_t { Digest, Control, Name, Below };
    Of of = Of::Name;
    std::uint32_t name = 0;  // of the controls, or of the target names
    std::uint8_t type = 0;   // index into the types of the plan; a control: into its first two
    std::uint8_t variant = 0;
};

struct Control {
    wire::Name name;
    bool shared = false;  // a shared name of a service, which is never closed; otherwise a name of no service
};

class Plan {
public:
    /// Names that stay open, and DS of names that do not, go upstream: not more of them than this are asked.
    static constexpr std::size_t kOpenNamesMax = 1000;
    static constexpr std::size_t kNeutralNames = 3;

    /// `types`: of matrix.h.
    static Result<Plan> make(std::shared_ptr<const policy::Policy> policy, std::uint32_t directive,
                             std::vector<wire::RrType> types, std::string label);

    /// How far one client has asked one node.
    struct Cursor {
        Check next{.of = Check::Of::Digest, .name = 0, .type = 0, .variant = 0};
        std::size_t open_names = 0;  // of which open checks were made
        std::size_t left_out = 0;    // names of which open checks were left out
        bool counted = false;        // the present name is in one of these
    };
    /// The next check to make; nullopt: that was the last.
    [[nodiscard]] std::optional<Check> next(Cursor& cursor, policy::ClientClass client) const;
    [[nodiscard]] Question question(const Check& check) const;
    [[nodiscard]] Expectation expectation(const Check& check, policy::ClientClass client) const;
    /// Whether the name of a check is sinkholed for the client.
    [[nodiscard]] bool is_sinkholed(const Check& check, policy::ClientClass client) const;

    [[nodiscard]] const policy::Policy& policy() const noexcept { return *policy_; }
    [[nodiscard]] std::uint32_t directive_index() const noexcept { return directive_; }
    [[nodiscard]] const policy::Directive& directive() const noexcept {
        return policy_->options().directives[directive_];
    }
    [[nodiscard]] const TargetNames& names() const noexcept { return names_; }
    [[nodiscard]] const std::vector<Control>& controls() const noexcept { return controls_; }
    [[nodiscard]] const std::vector<wire::RrType>& types() const noexcept { return types_; }
    /// Whether the directive is for this client.
    [[nodiscard]] bool covers(const IpAddress& client) const;

private:
    Plan(std::shared_ptr<const policy::Policy> policy, std::uint32_t directive, std::vector<wire::RrType> types,
         std::string label, TargetNames names);
    void find_controls();
    [[nodiscard]] wire::Name name_of(const Check& check) const;
    [[nodiscard]] const policy::Cell& cell_of(const wire::Name& name, policy::ClientClass client) const;
    void advance(Check& check) const;
    [[nodiscard]] bool is_over(const Check& check) const noexcept;
    [[nodiscard]] bool is_asked(Cursor& cursor, policy::ClientClass client) const;

    std::shared_ptr<const policy::Policy> policy_;
    std::uint32_t directive_;
    std::vector<wire::RrType> types_;
    std::string label_;
    TargetNames names_;
    std::vector<Control> controls_;
    engine::LocalNames local_;  // special-use names alone: what a configuration adds is not to hide a sinkhole
};

}  // namespace cenote::proof

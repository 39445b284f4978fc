// SPDX-License-Identifier: Apache-2.0
//
// The policy in force: the snapshot that the workers read, under a version and a digest. A policy is prepared first,
// which may fail, and then enacted, which cannot. Control plane.
//
// Threads:  the control thread; snapshots() may be read by any.
// Time:     an argument.
// Memory:   what was loaded, the policy, its document, and the snapshot.
// Failure:  prepare() gives an Error with one line; what is in force stays as it is.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "resolver/base/published.h"
#include "resolver/daemon/latest_time.h"
#include "resolver/daemon/loaded.h"
#include "resolver/engine/snapshot.h"
#include "resolver/state/state.h"
#include "resolver/telemetry/keys.h"

namespace cenote::daemon {

/// A policy that was built and checked, and is not in force yet.
struct PreparedPolicy {
    Loaded loaded;
    std::shared_ptr<const policy::Policy> policy;
    ClockReading moment;
    state::PolicyVersion version;  // number, digest and text under which it would be in force
    std::string rules_digest;      // of the rules alone, to compare with other nodes
};

class Enforcement {
public:
    /// Prepares the first policy and enacts it. `last_version`: the highest version that was in force before.
    static Result<std::unique_ptr<Enforcement>> start(Loaded loaded, std::uint32_t last_version,
                                                      const ClockReading& moment, const std::string& audit_head);

    /// The policy of what was loaded, built for this moment under the next version.
    [[nodiscard]] Result<PreparedPolicy> prepare(Loaded loaded, const ClockReading& moment) const;
    /// Whether both policies have the same document: enacting it would only count one version up.
    [[nodiscard]] bool has_document_of(const PreparedPolicy& prepared) const noexcept {
        return prepared.version.digest == version_.digest;
    }
    /// Whether the policy in force is still that of this moment: no edge has passed, and the wall clock has not been
    /// set since, but for small steps by which others keep it right.
    [[nodiscard]] bool is_of(const ClockReading& moment) const noexcept;
    /// Publishes a prepared policy. `audit_head`: the chain of the last audit record; empty: there is none.
    void enact(PreparedPolicy prepared, const std::string& audit_head);
    /// Takes what was loaded for the policy in force, where has_document_of() is true. The version stays.
    void keep_policy_with(Loaded loaded) { loaded_ = std::move(loaded); }
    /// Publishes the policy in force once more, beside another head of the audit trail.
    void publish_audit_head(const std::string& audit_head);
    /// Publishes the policy in force once more where the listeners that are announced have changed; false: they have
    /// not.
    bool publish_listeners(engine::Listeners listeners);
    /// The next version is above this one.
    void raise_last_version(std::uint32_t version) noexcept;

    [[nodiscard]] const Loaded& loaded() const noexcept { return loaded_; }
    [[nodiscard]] const policy::Policy& policy() const noexcept { return *policy_; }
    [[nodiscard]] const std::shared_ptr<const policy::Policy>& shared_policy() const noexcept { return policy_; }
    /// Its text is the whole policy as a document, as the state file keeps it.
    [[nodiscard]] const state::PolicyVersion& version() const noexcept { return version_; }
    [[nodiscard]] Published<engine::Snapshot>& snapshots() noexcept { return snapshots_; }
    [[nodiscard]] std::shared_ptr<const engine::Snapshot> snapshot() const { return snapshots_.current(); }
    /// Equal on nodes with the same rules (rules/policy_document.h).
    [[nodiscard]] const std::string& rules_digest() const noexcept { return rules_digest_; }
    /// "version 17 rules 33d1… digest 5b0c… audit 91ae…", the answer to policy.cenote.
    [[nodiscard]] std::string text() const { return snapshot()->policy_text; }
    /// Telemetry keys by the ids of services, directives, exceptions and groups.
    [[nodiscard]] const telemetry::Keys& keys() const noexcept { return keys_; }

private:
    explicit Enforcement(std::uint32_t last_version);
    void set_rate(const config::Settings& settings);

    Loaded loaded_;
    std::shared_ptr<const policy::Policy> policy_;
    ClockReading built_at_;
    state::PolicyVersion version_;
    std::string rules_digest_;
    std::uint32_t last_version_;
    wire::CookieSecret cookie_secret_;  // where no file has one
    telemetry::Keys keys_;
    engine::Listeners listeners_;
    std::shared_ptr<engine::RateTable> rate_;  // null: there is no limit
    Published<engine::Snapshot> snapshots_;
};

/// The same version as an audit record names it: "version 17 digest 5b0c…".
[[nodiscard]] std::string policy_mark(const state::PolicyVersion& version);

/// The policy of what was loaded, as of `at`, under a version number.
Result<std::shared_ptr<const policy::Policy>> build_policy(const Loaded& loaded, std::uint32_t version, WallTime at);

}  // namespace cenote::daemon

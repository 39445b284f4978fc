// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/set_source.h"

#include <fmt/format.h>
#include <sys/eventfd.h>

#include "resolver/base/mapping_guard.h"
#include "resolver/rules/policy_document.h"

namespace cenote::daemon {

void open_set(Loaded& loaded, SetCheck check, const domainset::DomainSet* known) {
    if (loaded.settings.set.empty()) return;  // the configuration has no [blocklist].set
    const Path& set = loaded.settings.set;
    auto opened =
        check == SetCheck::Now ? domainset::open_with_fallback(set, known) : domainset::open_unread_with_fallback(set);
    if (!opened) {
        loaded.base = nullptr;
        loaded.set_problem = opened.error().text;
        return;
    }
    loaded.base = std::make_shared<const domainset::DomainSet>(std::move(opened->set));
    loaded.set_problem = opened->problem;
}

Result<Loaded> with_newest_set(const Loaded& in_use) {
    Loaded loaded;
    loaded.settings = in_use.settings;
    loaded.written = in_use.written;
    loaded.left_out = in_use.left_out;
    loaded.why_left_out = in_use.why_left_out;
    open_set(loaded, SetCheck::Now, in_use.base.get());
    if (loaded.base == nullptr && loaded.set_problem.empty()) return Error{"the configuration has no [blocklist].set"};
    if (!loaded.set_problem.empty()) return Error{loaded.set_problem};
    Diagnostics found;
    policy::Policy::check(*loaded.settings.policy, loaded.base.get(), found);
    for (const Diagnostic& diagnostic : found.all())
        if (diagnostic.severity == Diagnostic::Severity::Error) return Error{diagnostic.to_string()};
    loaded.of_reading = in_use.of_reading;
    keep_findings(loaded, found.all());
    return loaded;
}

Loaded with_readable_set(const Loaded& in_use) {
    Loaded loaded = in_use;
    open_set(loaded, SetCheck::Now);
    return loaded;
}

std::string set_text(const Loaded& loaded) {
    const rules::SetDigests digests = rules::digests_of(loaded.base.get());
    return fmt::format("set {} catalogue {}", digests.set, digests.catalogue);
}

SetSource::SetSource(loop::Loop& loop, std::function<void()> on_lost) {
    const int lost = lost_mappings_fd();
    if (lost < 0) return;  // the kernel had no eventfd: a set that is cut short shows at the next reload
    lost_mapping_.emplace(loop, lost, [lost, on_lost = std::move(on_lost)](unsigned) {
        eventfd_t count = 0;
        ::eventfd_read(lost, &count);
        on_lost();
    });
    lost_mapping_->watch(loop::Poll::kReadable);
}

bool SetSource::find_newer(const Path& path, const domainset::DomainSet* in_use) {
    if (path.empty()) return false;
    const auto found = domainset::DomainSet::open_unverified(path, in_use);
    const std::uint64_t checksum = found ? found->info().checksum : 0;
    if (checksum == last_checksum_) return false;
    last_checksum_ = checksum;
    return found && (in_use == nullptr || in_use->info().checksum != checksum);
}

}  // namespace cenote::daemon

// SPDX-License-Identifier: Apache-2.0
#include "resolver/proof/target_names.h"

#include <algorithm>
#include <set>

namespace cenote::proof {
namespace {

constexpr unsigned kItself = 1;
constexpr unsigned kBelow = 2;

/// The policy in which the directive stands alone.
Result<std::shared_ptr<const policy::Policy>> alone(const policy::Policy& policy, std::uint32_t directive) {
    auto options = std::make_shared<policy::Options>(policy.options());
    policy::Directive kept = options->directives[directive];
    kept.groups.clear();
    kept.planned.clear();
    kept.starts.reset();
    kept.ends.reset();
    kept.hours.reset();
    kept.step = kept.before = policy::Step::Block;
    options->directives = {std::move(kept)};
    options->allows.clear();
    options->exceptions.clear();
    options->suspended_until.reset();
    return policy::Policy::build(std::move(options), policy.shared_base(), policy.version(), WallTime());
}

}  // namespace

std::optional<wire::Name> name_below(const wire::Name& name, const std::string& label) {
    std::string bytes(1, static_cast<char>(label.size()));
    bytes += label;
    bytes.append(reinterpret_cast<const char*>(name.wire().data()), name.wire().size());
    wire::Name made;
    std::size_t end = 0;
    if (!made.read_uncompressed(bytes_of(bytes), end)) return std::nullopt;
    return made;
}

Result<TargetNames> TargetNames::of_directive(const policy::Policy& policy, std::uint32_t directive,
                                              const std::string& label) {
    const auto target = alone(policy, directive);
    if (!target) return target.error();
    const policy::ClientClass anyone = (*target)->classify(IpAddress::v4({127, 0, 0, 1}));
    const auto takes = [&](const wire::Name& name) {
        return (*target)->cell((*target)->judge(anyone, (*target)->match(name))).is_sinkholed();
    };
    TargetNames names;
    const auto look = [&](const wire::Name& name) {
        if (name.labels() == 0) return;
        const auto child = name_below(name, label);
        const Taken taken{name, takes(name), child && takes(*child)};
        if (taken.itself || taken.below) names.add(taken);
    };
    std::set<std::string> domains;
    for (const auto& each : policy.options().directives[directive].targets)
        if (each.domain && domains.insert(each.domain->to_string()).second) look(*each.domain);
    if (policy.base() != nullptr)
        policy.base()->for_each([&](const domainset::Entry& entry) {
            if (domains.empty() || !domains.contains(entry.name.to_string())) look(entry.name);
        });
    names.sort();
    return names;
}

void TargetNames::add(const Taken& taken) {
    starts_.push_back(static_cast<std::uint32_t>(bytes_.size()));
    bytes_ += static_cast<char>((taken.itself ? kItself : 0U) | (taken.below ? kBelow : 0U));
    bytes_.append(reinterpret_cast<const char*>(taken.name.wire().data()), taken.name.wire().size());
}

TargetNames::Taken TargetNames::at(std::size_t index) const {
    const ByteView bytes = bytes_of(bytes_).subspan(starts_[index]);
    Taken taken;
    std::size_t end = 0;
    static_cast<void>(taken.name.read_uncompressed(bytes.subspan(1), end));
    taken.itself = (bytes[0] & kItself) != 0;
    taken.below = (bytes[0] & kBelow) != 0;
    return taken;
}

/// By the wire format, so that each run asks in the same order.
void TargetNames::sort() {
    std::ranges::sort(starts_, [this](std::uint32_t a, std::uint32_t b) {
        return std::string_view(bytes_).substr(a + 1, wire::Name::kBytesMax) <
               std::string_view(bytes_).substr(b + 1, wire::Name::kBytesMax);
    });
}

}  // namespace cenote::proof

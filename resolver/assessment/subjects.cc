// SPDX-License-Identifier: Apache-2.0
#include "resolver/assessment/subjects.h"

#include <algorithm>

#include "resolver/base/letter_case.h"
#include "resolver/policy/groups.h"
#include "resolver/policy/resolve.h"
#include "resolver/report/values.h"

namespace cenote::assessment {
namespace {

constexpr std::uint32_t kUnmet = 0xfffffffe;  // its number was not asked for yet

std::uint32_t& slot_of(std::vector<std::uint32_t>& known, history::IdNumber id) {
    if (id >= known.size()) known.resize(std::size_t{id} + 1, kUnmet);
    return known[id];
}

}  // namespace

Subjects::Subjects(const Inputs& inputs, const Timeline& timeline) : inputs_(inputs), timeline_(timeline) {
    if (inputs.set)
        for (const domainset::Source& source : inputs.set->sources())
            if (source.kind == domainset::SourceKind::Service) {
                service_numbers_.emplace(source.id, services_.size());
                services_.push_back({source.id, &source});
            }
    for (const policy::Group& group : inputs.groups) {
        group_numbers_.emplace(group.id, groups_.size());
        groups_.push_back(group.id);
    }
    for (const auto& [id, line] : timeline.directives) {
        directive_numbers_.emplace(id, directives_.size());
        directives_.push_back(id);
    }
}

std::uint32_t Subjects::service(const history::Scan& scan, history::IdNumber id) {
    std::uint32_t& slot = slot_of(service_of_, id);
    if (slot != kUnmet) return slot;
    const std::string& text = scan.text(id);
    slot = kNobody;
    if (text.empty()) return slot;
    const bool is_list = report::find_source(inputs_.set.get(), domainset::SourceKind::List, text) != nullptr;
    const auto known = service_numbers_.find(text);
    if (known != service_numbers_.end()) return slot = known->second;
    if (is_list) return slot;
    slot = static_cast<std::uint32_t>(services_.size());
    service_numbers_.emplace(text, slot);
    services_.push_back({text, nullptr});
    return slot;
}

std::uint32_t Subjects::directive(const history::Scan& scan, history::IdNumber id) {
    std::uint32_t& slot = slot_of(directive_of_, id);
    if (slot != kUnmet) return slot;
    const std::string& text = scan.text(id);
    if (text.empty()) return slot = kNobody;
    const auto [known, is_new] = directive_numbers_.emplace(text, directives_.size());
    if (is_new) directives_.push_back(text);
    return slot = known->second;
}

std::uint32_t Subjects::group(const history::Scan& scan, history::IdNumber id) {
    std::uint32_t& slot = slot_of(group_of_, id);
    if (slot != kUnmet) return slot;
    const auto [known, is_new] = group_numbers_.emplace(scan.text(id), groups_.size());
    if (is_new) groups_.push_back(scan.text(id));
    return slot = known->second;
}

const policy::Group* Subjects::configured(std::uint32_t group) const {
    const auto found = std::ranges::find(inputs_.groups, groups_[group], &policy::Group::id);
    return found == inputs_.groups.end() ? nullptr : &*found;
}

const DirectiveLine* Subjects::line(std::uint32_t directive) const {
    const auto found = timeline_.directives.find(directives_[directive]);
    return found == timeline_.directives.end() ? nullptr : &found->second;
}

bool Subjects::covers(std::uint32_t directive, std::uint32_t service) const {
    const DirectiveLine* of = line(directive);
    if (of == nullptr) return false;
    if (services_[service].source != nullptr)
        return policy::target_that_takes(of->directive, *services_[service].source) != nullptr;
    return std::ranges::any_of(of->directive.targets, [&](const policy::Target& target) {
        return target.kind == policy::Target::Kind::Service && target.value == services_[service].id;
    });
}

bool Subjects::is_for(std::uint32_t directive, std::uint32_t group) const {
    const DirectiveLine* of = line(directive);
    if (of == nullptr) return false;
    if (policy::is_for_everyone(of->directive.groups)) return true;
    const policy::Group* inner = configured(group);
    return std::ranges::any_of(of->directive.groups, [&](const std::string& id) {
        if (id == groups_[group]) return true;
        const auto outer = std::ranges::find(inputs_.groups, id, &policy::Group::id);
        return inner != nullptr && outer != inputs_.groups.end() && policy::lies_within(*inner, *outer);
    });
}

const std::vector<std::uint32_t>& Subjects::covering(std::uint32_t service, std::uint32_t group) {
    const std::uint64_t key = std::uint64_t{service} << 32U | group;
    const auto [found, is_new] = covering_.try_emplace(key);
    if (is_new && service != kNobody)
        for (std::uint32_t i = 0; i < directives_.size(); ++i)
            if (covers(i, service) && is_for(i, group)) found->second.push_back(i);
    return found->second;
}

}  // namespace cenote::assessment

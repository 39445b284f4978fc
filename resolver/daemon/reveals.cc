// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/reveals.h"

#include <fmt/format.h>

#include "resolver/sinks/pseudonyms.h"

namespace cenote::daemon {

void Reveals::forget_old(WallTime now) {
    std::erase_if(requests_, [now](const auto& each) { return now - each.second.asked_at > kLasts; });
}

Result<Reveal*> Reveals::find(std::uint64_t number, WallTime now) {
    forget_old(now);
    const auto found = requests_.find(number);
    if (found != requests_.end()) return &found->second;
    return Error{
        fmt::format("there is no request {} to reveal a pseudonym: it lasts a day, and ends with the daemon; "
                    "'cenote reveal' lists them",
                    number)};
}

Result<Reveal> Reveals::ask(const std::string& actor, const std::string& pseudonym, const std::string& purpose,
                            WallTime now) {
    if (!sinks::Pseudonyms::is_name(pseudonym))
        return Error{fmt::format("'{}' is no pseudonym; it is 'p-' and sixteen letters or digits", pseudonym)};
    if (purpose.empty()) return Error{"an address is revealed for a purpose: give --purpose"};
    forget_old(now);
    if (requests_.size() >= kMax)
        return Error{fmt::format("{} requests are open already; each ends after a day", kMax)};
    const std::uint64_t number = ++last_;
    return requests_[number] = {number, pseudonym, purpose, actor, now, {}, {}};
}

Result<Reveal> Reveals::check_approval(const std::string& actor, bool may_approve, std::uint64_t number, WallTime now) {
    auto found = find(number, now);
    if (!found) return std::move(found).error();
    const Reveal& reveal = **found;
    if (!may_approve)
        return Error{fmt::format("{} may not approve this: be in a group of [control].approvers or admins", actor)};
    if (actor == reveal.asked_by)
        return Error{fmt::format("{} asked for request {}; a second person has to approve it", actor, number)};
    if (actor == "root")
        return Error{
            fmt::format("any administrator can act as root, so that root never counts as a second person; a member of "
                        "[control].approvers or admins has to approve request {} under a name of their own",
                        number)};
    if (!reveal.approved_by.empty())
        return Error{fmt::format("request {} was approved by {} already; 'cenote reveal show {}' shows what was found",
                                 number, reveal.approved_by, number)};
    return reveal;
}

void Reveals::approve(const std::string& actor, std::uint64_t number) {
    if (const auto found = requests_.find(number); found != requests_.end()) found->second.approved_by = actor;
}

void Reveals::note_client(std::uint64_t number, const std::string& client) {
    if (const auto found = requests_.find(number); found != requests_.end()) found->second.client = client;
}

Result<Reveal> Reveals::result(const std::string& actor, std::uint64_t number, WallTime now) {
    auto found = find(number, now);
    if (!found) return std::move(found).error();
    const Reveal& reveal = **found;
    if (actor != reveal.asked_by && actor != reveal.approved_by)
        return Error{fmt::format("only {} and who approves it see what request {} finds", reveal.asked_by, number)};
    if (reveal.approved_by.empty()) return Error{fmt::format("request {} waits for a second person", number)};
    if (reveal.client.empty())
        return Error{fmt::format("no address was found for {}, or the search is not over", reveal.pseudonym)};
    return reveal;
}

const std::map<std::uint64_t, Reveal>& Reveals::all(WallTime now) {
    forget_old(now);
    return requests_;
}

}  // namespace cenote::daemon

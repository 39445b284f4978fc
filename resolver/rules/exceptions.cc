// SPDX-License-Identifier: Apache-2.0
#include "resolver/rules/exceptions.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "resolver/base/time_text.h"

namespace cenote::rules {
namespace {

constexpr seconds kEmergencyMax{4 * 3600};
constexpr std::string_view kRoot = "root";
constexpr std::size_t kWaitingMax = 20;         // requests of one person without an answer
constexpr std::size_t kDailyRequestsMax = 100;  // of one person
constexpr std::size_t kOpenMax = 1000;          // exceptions of all persons at stages that are open

Status check_approver(const Person& person) {
    if (person.may_approve) return Done{};
    return Error{
        fmt::format("{} may not approve exceptions: be in a group of [control].approvers or admins", person.name)};
}

Error wrong_stage(const ExceptionDocument& document, std::string_view advice) {
    return {fmt::format("exception {} is {}{}{}; {}", document.id, stage_to_text(document.stage),
                        document.closed_by.empty() ? "" : " by ", document.closed_by, advice)};
}

/// The later end that was typed; a duration counts from the present end.
Result<WallTime> read_later_end(const TypedEnd& end, const ExceptionDocument& document) {
    const WallTime present = document.ends.value_or(WallTime());
    WallTime ends = present;
    if (end.until) {
        const auto time = parse_time(*end.until);
        if (!time) return time.error();
        ends = *time;
    } else {
        const auto more = parse_duration(end.lasts);
        if (!more) return Error{"say how much longer: --for 2h, or an --until ahead"};
        ends += std::chrono::ceil<seconds>(*more);
    }
    if (ends > present) return ends;
    return Error{fmt::format("{} ends at {} already; 'cenote exception revoke' ends it sooner", document.id,
                             format_time(present))};
}

/// Whether the persons who granted it on another node could have granted it here.
bool persons_are_known(const ExceptionDocument& document, const KnownPersons& known, std::int64_t approvals) {
    std::set<std::string> agreed(document.agreed_by.begin(), document.agreed_by.end());
    agreed.erase(document.asked_by);
    if (approvals > 1) agreed.erase(std::string(kRoot));
    const bool enough = 1 + static_cast<std::int64_t>(agreed.size()) >= approvals;
    return enough && known.may_look(document.asked_by) && std::all_of(agreed.begin(), agreed.end(), known.may_approve);
}

}  // namespace

Result<ExceptionDocument> ExceptionApproval::request(const Person& person, const ExceptionRequest& request) const {
    ExceptionDocument document;
    document.directive = request.directive;
    document.purpose = request.purpose;
    document.requester = request.requester;
    document.ref = request.ref;
    document.emergency = request.emergency;
    document.asked_by = person.name;
    document.asked_at = now_;
    const policy::Directive* directive = terms_.find_directive(request.directive);
    if (directive == nullptr) return terms_.unknown_directive(request.directive);
    if (request.purpose.empty()) return Error{"an exception is asked for with a purpose: give --purpose"};
    if (request.emergency && !person.may_approve)
        return Error{fmt::format("{} may not declare an emergency: be in a group of [control].approvers or admins",
                                 person.name)};
    if (auto possible = terms_.check_directive(*directive); !possible) return std::move(possible).error();
    if (auto read = read_subject(request, *directive, document); !read) return std::move(read).error();
    if (auto read = read_end(request.end, *directive, document); !read) return std::move(read).error();
    if (auto clock = check_clock(); !clock) return std::move(clock).error();
    return document;
}

Result<ExceptionDocument> ExceptionApproval::grant_emergency(ExceptionDocument document) const {
    auto granted = grant(std::move(document));
    if (granted) granted->ratified = enough_agree(granted->agreed_by);
    return granted;
}

Result<ExceptionDocument> ExceptionApproval::approve(const Person& person, ExceptionDocument document) const {
    if (document.stage == Stage::Granted && document.extension) return approve_extension(person, std::move(document));
    if (document.stage != Stage::Asked && document.stage != Stage::Unconfirmed && !is_unratified(document))
        return wrong_stage(document, "there is nothing to approve");
    if (auto may = check_approver(person); !may) return std::move(may).error();
    const Persons so_far{document.asked_by, document.brought_by, document.agreed_by};
    if (auto counts = check_further_person(person, so_far, document.id); !counts) return std::move(counts).error();
    // One person confirms a restored or imported one: those who approved it before do not count again.
    const bool confirmed = document.stage == Stage::Unconfirmed;
    if (person.name != document.asked_by) document.agreed_by.push_back(person.name);
    if (confirmed || enough_agree(document.agreed_by)) return grant(std::move(document));
    return document;
}

Result<ExceptionDocument> ExceptionApproval::deny(const Person& person, ExceptionDocument document) const {
    if (document.stage == Stage::Granted && document.extension) {
        if (person.name != document.extension->asked_by)
            if (auto may = check_approver(person); !may) return std::move(may).error();
        document.extension.reset();
        return document;
    }
    if (document.stage != Stage::Asked)
        return wrong_stage(document, document.stage == Stage::Granted ? "'cenote exception revoke' ends it"
                                                                      : "there is nothing to deny");
    if (auto may = check_approver(person); !may) return std::move(may).error();
    document.stage = Stage::Denied;
    document.closed_by = person.name;
    document.closed_at = now_;
    return document;
}

Result<ExceptionDocument> ExceptionApproval::revoke(const Person& person, ExceptionDocument document) const {
    if (!is_open(document.stage)) return wrong_stage(document, "there is nothing to revoke");
    if (!person.may_approve && person.name != document.asked_by)
        return Error{
            fmt::format("{} may not end {}: only its requester and members of [control].approvers or admins may",
                        person.name, document.id)};
    document.stage = Stage::Revoked;
    document.extension.reset();
    document.closed_by = person.name;
    document.closed_at = now_;
    return document;
}

Result<ExceptionDocument> ExceptionApproval::extend(const Person& person, const TypedEnd& end,
                                                    ExceptionDocument document) const {
    if (document.stage != Stage::Granted) return wrong_stage(document, "ask for a new one");
    if (is_unratified(document))
        return Error{
            fmt::format("{} is an emergency that still needs a second person; have it approved first", document.id)};
    if (document.extension)
        return Error{fmt::format("{} requested an extension of {} until {}; have it approved, or deny it",
                                 document.extension->asked_by, document.id, format_time(document.extension->ends))};
    if (!person.may_approve && person.name != document.asked_by)
        return Error{fmt::format(
            "{} may not request more time for {}: only its requester and members of [control].approvers or admins may",
            person.name, document.id)};
    const auto ends = read_later_end(end, document);
    if (!ends) return ends.error();
    if (auto fits = check_extension(document, *ends); !fits) return std::move(fits).error();
    document.extension = RequestedExtension{.ends = *ends, .asked_by = person.name, .asked_at = now_, .agreed_by = {}};
    if (person.may_approve && enough_agree(document.extension->agreed_by)) return grant_extension(std::move(document));
    return document;
}

Result<ExceptionDocument> ExceptionApproval::approve_extension(const Person& person, ExceptionDocument document) const {
    if (auto may = check_approver(person); !may) return std::move(may).error();
    RequestedExtension& extension = *document.extension;
    const std::string none;
    const Persons so_far{extension.asked_by, none, extension.agreed_by};
    const std::string what = "the extension of " + document.id;
    if (auto counts = check_further_person(person, so_far, what); !counts) return std::move(counts).error();
    if (person.name != extension.asked_by) extension.agreed_by.push_back(person.name);
    if (!enough_agree(extension.agreed_by)) return document;
    if (auto fits = check_extension(document, extension.ends); !fits) return std::move(fits).error();
    return grant_extension(std::move(document));
}

/// Who approved the extension counts as one who approved the exception.
Result<ExceptionDocument> ExceptionApproval::grant_extension(ExceptionDocument document) const {
    document.ends = document.extension->ends;
    for (const std::string& name : document.extension->agreed_by)
        if (std::find(document.agreed_by.begin(), document.agreed_by.end(), name) == document.agreed_by.end())
            document.agreed_by.push_back(name);
    document.extension.reset();
    return document;
}

Status ExceptionApproval::check_extension(const ExceptionDocument& document, WallTime ends) const {
    if (auto clock = check_clock(); !clock) return clock;
    const policy::Directive* directive = terms_.find_directive(document.directive);
    if (directive == nullptr) return Error{fmt::format("directive {} is gone", document.directive)};
    if (auto fits = terms_.check_subject(*directive, document); !fits) return fits;
    return terms_.check_duration(*directive, document.granted_at.value_or(now_), ends);
}

Result<ExceptionDocument> ExceptionApproval::import(const Person& importer, const KnownPersons& known,
                                                    ExceptionDocument document) const {
    if (!is_open(document.stage)) return document;
    document.extension.reset();  // it is approved where it was requested
    if (auto fits = check_imported(document); !fits)
        return Error{fmt::format("exception {}: {}", document.id, fits.error().text)};
    const bool granted = document.stage == Stage::Granted;
    if (granted && persons_are_known(document, known, terms_.limits.approvals)) return document;
    if (granted) document.stage = Stage::Unconfirmed;
    document.agreed_by.clear();
    document.brought_by = importer.name;
    return document;
}

Status ExceptionApproval::read_subject(const ExceptionRequest& request, const policy::Directive& directive,
                                       ExceptionDocument& document) const {
    if (request.client.has_value() == request.group.has_value())
        return Error{"an exception is for a client prefix or for a group: name one"};
    if (request.group) {
        document.group = *request.group;
        return terms_.check_group(*request.group);
    }
    document.client = Prefix::parse(*request.client);
    if (!document.client)
        return Error{
            fmt::format("'{}' is not a client prefix; write it as in 10.20.3.0/28 or 2001:db8:20::/56, with zeros "
                        "behind its length",
                        *request.client)};
    return terms_.check_client(directive, *document.client);
}

Status ExceptionApproval::read_end(const TypedEnd& end, const policy::Directive& directive,
                                   ExceptionDocument& document) const {
    if (end.until) {
        const auto time = parse_time(*end.until);
        if (!time) return time.error();
        document.ends = *time;
    } else {
        const auto lasts = parse_duration(end.lasts);
        if (!lasts) return Error{"an exception ends by itself: give --for 2h, or an --until ahead"};
        document.lasts = std::chrono::ceil<seconds>(*lasts);
    }
    const WallTime ends = document.ends.value_or(now_ + document.lasts.value_or(seconds{0}));
    if (document.emergency && ends - now_ > kEmergencyMax)
        return Error{fmt::format(
            "an emergency lasts {} at most; ask for that, and extend it once a second person has approved it",
            format_duration(kEmergencyMax))};
    return terms_.check_duration(directive, now_, ends);
}

Status ExceptionApproval::check_clock() const {
    return clock_problem_.empty() ? Status(Done{}) : Status(Error{clock_problem_});
}

Status ExceptionApproval::check_further_person(const Person& person, const Persons& so_far,
                                               const std::string& id) const {
    if (terms_.limits.approvals <= 1) return Done{};
    if (person.name == so_far.asked_by)
        return Error{fmt::format("{} asked for {}; a second person has to approve it", person.name, id)};
    if (person.name == so_far.brought_by)
        return Error{fmt::format("{} imported {}; a second person has to approve it", person.name, id)};
    if (person.name == kRoot)
        return Error{
            fmt::format("any administrator can act as root, so that root never counts as a second person; a member of "
                        "[control].approvers or admins has to approve {} under a name of their own",
                        id)};
    if (std::find(so_far.agreed_by.begin(), so_far.agreed_by.end(), person.name) != so_far.agreed_by.end())
        return Error{fmt::format("{} approved {} before; another person has to approve it", person.name, id)};
    return Done{};
}

Status ExceptionApproval::check_imported(const ExceptionDocument& document) const {
    const policy::Directive* known = terms_.find_directive(document.directive);
    policy::Directive unknown;  // the approval checks it again
    unknown.id = document.directive;
    if (known != nullptr && document.stage == Stage::Granted)
        if (auto possible = terms_.check_directive(*known); !possible) return possible;
    const policy::Directive& directive = known != nullptr ? *known : unknown;
    if (auto fits = terms_.check_subject(directive, document); !fits) return fits;
    if (!document.ends) return Done{};
    return terms_.check_duration(directive, document.granted_at.value_or(document.asked_at), *document.ends);
}

bool ExceptionApproval::enough_agree(const std::vector<std::string>& agreed_by) const {
    return 1 + static_cast<std::int64_t>(agreed_by.size()) >= terms_.limits.approvals;
}

/// From now on. One that is in force already, an emergency, is ratified and keeps its end.
Result<ExceptionDocument> ExceptionApproval::grant(ExceptionDocument document) const {
    if (document.stage == Stage::Granted) {
        document.ratified = true;
        return document;
    }
    const policy::Directive* directive = terms_.find_directive(document.directive);
    if (directive == nullptr) return Error{fmt::format("directive {} is gone", document.directive)};
    if (auto possible = terms_.check_directive(*directive); !possible) return std::move(possible).error();
    const WallTime ends = document.ends.value_or(now_ + document.lasts.value_or(seconds{0}));
    if (auto fits = terms_.check_duration(*directive, document.granted_at.value_or(now_), ends); !fits)
        return std::move(fits).error();
    if (auto clock = check_clock(); !clock) return std::move(clock).error();
    if (auto fits = terms_.check_subject(*directive, document); !fits) return std::move(fits).error();
    if (ends <= now_) return Error{fmt::format("exception {} would have ended at {}", document.id, format_time(ends))};
    document.ratified = document.emergency;
    document.stage = Stage::Granted;
    document.granted_at = document.granted_at.value_or(now_);
    document.ends = ends;
    return document;
}

Status check_open_requests(const std::string& person, const std::vector<ExceptionDocument>& open) {
    const auto waiting = std::count_if(open.begin(), open.end(), [&](const ExceptionDocument& each) {
        return each.stage == Stage::Asked && each.asked_by == person;
    });
    if (static_cast<std::size_t>(waiting) >= kWaitingMax)
        return Error{
            fmt::format("{} requests of {} wait for an answer; have them answered, or revoke one", waiting, person)};
    if (open.size() >= kOpenMax)
        return Error{fmt::format("{} exceptions are open or wait for an answer; have some answered, or revoke one",
                                 open.size())};
    return Done{};
}

Status check_daily_requests(const std::string& person, std::size_t count) {
    if (count <= kDailyRequestsMax) return Done{};
    return Error{fmt::format("{} asked for {} exceptions within a day; ask again tomorrow", person, kDailyRequestsMax)};
}

}  // namespace cenote::rules

// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/exceptions.h"

#include "resolver/base/time_text.h"
#include "resolver/report/fields.h"

namespace cenote::report {

Json extension_json(const std::optional<rules::RequestedExtension>& extension) {
    if (!extension) return nullptr;
    return {{field::kEnds, format_time(extension->ends)},
            {field::kAskedBy, extension->asked_by},
            {field::kAskedAt, format_time(extension->asked_at)},
            {field::kAgreedBy, extension->agreed_by}};
}

Json exception_json(const rules::ExceptionDocument& document, const state::Use& use) {
    return {
        {field::kId, document.id},
        {field::kDirective, document.directive},
        {field::kClient, document.client ? Json(document.client->to_string()) : Json(nullptr)},
        {field::kGroup, text_or_null(document.group)},
        {field::kPurpose, document.purpose},
        {field::kRequester, text_or_null(document.requester)},
        {field::kRef, text_or_null(document.ref)},
        {field::kStage, rules::stage_to_text(document.stage)},
        {field::kEmergency, document.emergency},
        {field::kUnratified, rules::is_unratified(document)},
        {field::kAskedBy, document.asked_by},
        {field::kAskedAt, time_json(document.asked_at)},
        {field::kLasts, document.lasts ? Json(format_duration(*document.lasts)) : Json(nullptr)},
        {field::kAgreedBy, document.agreed_by},
        {field::kGrantedAt, time_json(document.granted_at)},
        {field::kEnds, time_json(document.ends)},
        {field::kExtension, extension_json(document.extension)},
        {field::kClosedBy, text_or_null(document.closed_by)},
        {field::kClosedAt, time_json(document.closed_at)},
        {field::kQueries, use.queries},
        {field::kFirst, time_json(use.first)},
        {field::kLast, time_json(use.last)},
    };
}

}  // namespace cenote::report

// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/records.h"

namespace cenote::report {

Json record_json(const state::Record& record, const std::string& node) {
    Json row = {{field::kNode, node}, {field::kAt, time_json(record.at)}};
    for (const RecordText& each : kRecordTexts) row[each.field] = record.*each.text;
    return row;
}

}  // namespace cenote::report

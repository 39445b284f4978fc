// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/xdp_queues.h"

#include "resolver/report/fields.h"

namespace cenote::report {

Json xdp_json(const std::vector<XdpQueue>& queues) {
    Json rows = Json::array();
    for (const XdpQueue& queue : queues) {
        Json row{{"interface", queue.interface},
                 {"queue", queue.queue},
                 {"served_by", queue.way},
                 {field::kWhy, text_or_null(queue.why)}};
        for (const auto& [what, count] : queue.packets) row[what] = count;
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace cenote::report

// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/sending.h"

#include "resolver/report/fields.h"

namespace cenote::report {

Json sending_json(const Sending& sending) {
    return {{"by", sending.way()},
            {field::kWhy, text_or_null(sending.why)},
            {"handed_over", sending.handed_over},
            {"dropped", sending.dropped}};
}

}  // namespace cenote::report

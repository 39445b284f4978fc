// SPDX-License-Identifier: Apache-2.0
//
// Pages and replies of the rule part that only its routes name. Private to pages.
//
// Threads: one request.   Memory: the reply.   Failure: as pages.h.
#pragma once

#include "resolver/pages/pages.h"

namespace cenote::pages {

[[nodiscard]] Result<Page> audit_record_page(const Site& site);    // /audit/NUMBER
[[nodiscard]] Result<Page> report_view_page(const Site& site);     // /reports/view
[[nodiscard]] Result<Page> report_compare_page(const Site& site);  // /reports/compare

[[nodiscard]] Result<Reply> report_file_reply(const Site& site);  // /reports/file: a download
[[nodiscard]] Result<Reply> log_export_reply(const Site& site);   // /log/export
[[nodiscard]] Result<Reply> tail_reply(const Site& site);         // /api/v1/tail: server-sent events
[[nodiscard]] Result<Reply> log_rows_reply(const Site& site);     // /api/v1/log
[[nodiscard]] Result<Reply> audit_rows_reply(const Site& site);   // /api/v1/audit
[[nodiscard]] Result<Reply> proof_rows_reply(const Site& site);   // /api/v1/proof
[[nodiscard]] Result<Reply> report_json_reply(const Site& site);  // /api/v1/report

}  // namespace cenote::pages

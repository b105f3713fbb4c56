// SPDX-License-Identifier: Apache-2.0
/**
 * What an operator reads and runs from the folder {@code config}, held against the HSM itself and against the tools that
 * read it.
 *
 * <pre>
 *   config/prometheus ──> Rules ──> RulesTest      promtool takes them; each alert fires, is silent, and has a page
 *   config/grafana ─────> DashboardsTest           panels as Grafana wants them
 *   both ───────────────> MetricNamesIT            a running HSM has every metric that is asked for
 *   config/systemd ─────> ServiceUnitTest          systemd understands it
 * </pre>
 */
@NullMarked
package dev.managedhsm.gateway.operator;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** However a body ends, its bytes are not counted any more and its buffer is back. */
class IntakeTest {
    private static final int ROOM = 8 * BodyBuffers.ORDINARY;
    private static final int PIECE = BodyBuffers.ORDINARY / 2;

    private final BodyBuffers buffers = new BodyBuffers();
    private final IntakeAccount account = new IntakeAccount(ROOM, buffers);
    private final ByteBuf own = buffers.take(1);

    IntakeTest() {
        buffers.giveBack(own);
    }

    @AfterEach
    void nothingIsHeld() {
        assertEquals(0, account.bytes());
        assertSame(own, buffers.take(1), "the one buffer of its own that was needed came back");
        buffers.giveBack(own);
        buffers.close();
        assertEquals(0, own.refCnt());
    }

    private Intake begun() {
        return new Intake(account, 0);
    }

    private static ByteBuf bytes(int length) {
        return Unpooled.wrappedBuffer(new byte[length]);
    }

    /** What ends a body that is arriving. */
    enum End {
        LET_GO {
            @Override
            void happens(Intake intake) {
                intake.end();
                intake.close();
            }
        },
        CLIENT_GONE {
            @Override
            void happens(Intake intake) {
                intake.close();
            }
        },
        TOO_SLOW {
            @Override
            void happens(Intake intake) {
                intake.expire();
            }
        },
        TOO_LONG {
            @Override
            void happens(Intake intake) {
                assertTrue(intake.append(bytes(intake.lengthMax())));
                assertEquals(Intake.State.TOO_LONG, intake.state());
            }
        },
        NO_ROOM {
            @Override
            void happens(Intake intake) {
                assertTrue(intake.append(bytes(ROOM)));
                assertEquals(Intake.State.NO_ROOM, intake.state());
            }
        };

        abstract void happens(Intake intake);
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsHeldAfter(End end) {
        Intake intake = begun();
        assertTrue(intake.append(bytes(10)));
        assertEquals(10, account.bytes(), "what came is counted, not what its buffer can take");
        end.happens(intake);
    }

    @Test
    void bodyThatOutgrowsItsBufferIsWholeInALongerOne() {
        Intake intake = begun();
        byte[] sent = new byte[3 * BodyBuffers.ORDINARY];
        for (int i = 0; i < sent.length; i++) {
            sent[i] = (byte) i;
        }
        for (int from = 0; from < sent.length; from += PIECE) {
            assertTrue(intake.append(Unpooled.wrappedBuffer(sent, from, PIECE)));
        }
        intake.end();
        assertEquals(Unpooled.wrappedBuffer(sent), intake.body());
        assertEquals(4 * BodyBuffers.ORDINARY, account.bytes(), "twice as long as before, twice");
        byte[] first = new byte[PIECE];
        own.getBytes(0, first);
        assertEquals(Unpooled.wrappedBuffer(new byte[PIECE]), Unpooled.wrappedBuffer(first), "the first one was wiped");
        intake.close();
    }
}

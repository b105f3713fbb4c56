// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

import com.sun.management.GarbageCollectionNotificationInfo;
import com.sun.management.GcInfo;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.management.ListenerNotFoundException;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.NotificationListener;
import javax.management.openmbean.CompositeData;
import org.jspecify.annotations.Nullable;

/**
 * What the garbage collector says of its work. Listens between {@link #open} and {@link #close}, and costs nothing else: the
 * JVM tells of each collection, whole milliseconds, on a thread of its own.
 */
final class Collector implements NotificationListener, AutoCloseable {
    private final long startMillis = ManagementFactory.getRuntimeMXBean().getStartTime();
    private final ConcurrentLinkedQueue<Pause> pauses = new ConcurrentLinkedQueue<>();
    private final List<NotificationEmitter> emitters = new ArrayList<>();

    private Collector() {}

    static Collector open() {
        Collector collector = new Collector();
        for (GarbageCollectorMXBean bean : ManagementFactory.getGarbageCollectorMXBeans()) {
            if (bean instanceof NotificationEmitter emitter) {
                emitter.addNotificationListener(collector, null, null);
                collector.emitters.add(emitter);
            }
        }
        return collector;
    }

    @Override
    public void handleNotification(Notification notification, @Nullable Object handback) {
        if (notification.getType().equals(GarbageCollectionNotificationInfo.GARBAGE_COLLECTION_NOTIFICATION)
                && notification.getUserData() instanceof CompositeData data) {
            GarbageCollectionNotificationInfo info = GarbageCollectionNotificationInfo.from(data);
            GcInfo gc = info.getGcInfo();
            pauses.add(new Pause(
                    startMillis + gc.getStartTime(),
                    gc.getDuration(),
                    Pause.Kind.GC,
                    info.getGcName() + ", " + info.getGcAction() + ", " + info.getGcCause()));
        }
    }

    /** Moves what was told since the last call to the end of a list. */
    void drainTo(List<Pause> list) {
        for (Pause pause = pauses.poll(); pause != null; pause = pauses.poll()) {
            list.add(pause);
        }
    }

    @Override
    public void close() {
        for (NotificationEmitter emitter : emitters) {
            try {
                emitter.removeNotificationListener(this);
            } catch (ListenerNotFoundException gone) {
                // then it tells nothing any more
            }
        }
    }
}
